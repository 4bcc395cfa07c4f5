"""Redis drops its connections or changes over while tasks run: their owners hear of the end all the same."""

import pytest

from helpers.failed_over_node import FailedOverNode
from helpers.proxy import Proxy
from tandem.states import State


@pytest.mark.promise(24)
def test_an_answer_is_told_though_redis_drops_its_connections_mid_task(stack, redis_server, barrier):
    message = stack.message("Wait", path=str(barrier))
    run_id = stack.send(message)
    with Proxy(redis_server.port) as proxy:
        stack.start_worker(REDIS_URL=f"redis://127.0.0.1:{proxy.port}")
        stack.wait(lambda: stack.ear.events("Heartbeat-small"))
        stack.wait_until_running(run_id)
        proxy.mode = "reset"
        barrier.touch()
        assert stack.wait_until_terminal(run_id).state is State.COMPLETE
        stack.wait(lambda: stack.status() == "degraded")
        assert stack.ear.events(f"WorkResponse-{message['ETag']}") == []

        proxy.mode = "pass"

        stack.wait_for_answer(message["ETag"])
        stack.wait_until_settled()
    assert stack.record.get(run_id).attempt == 1


@pytest.mark.promise(25)
def test_an_answer_is_told_though_the_node_only_reads_now(stack, redis_server):
    message = stack.message("GetNUmis")
    run_id = stack.send(message)
    with FailedOverNode(redis_server.port) as node:
        worker = stack.start_worker(REDIS_URL=f"redis://127.0.0.1:{node.port}")

        stack.wait_for_answer(message["ETag"])
        stack.wait_until_settled()

        assert node.refused >= 1
        assert stack.record.get(run_id).state is State.COMPLETE
        worker.kill()
        worker.wait()
