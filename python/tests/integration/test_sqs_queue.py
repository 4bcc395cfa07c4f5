"""What SQS, or the way to it, can do to a queue."""

import json
import logging
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from fixtures.aws import MOTO_ACCOUNT, Aws
from helpers.proxy import Proxy
from tandem.aws import TRIES
from tandem.errors import DeadlineExceeded, LeaseLost, QueueMissing, QueueUnavailable
from tandem.queues.sqs import SqsQueue
from tandem.settings import Settings

SECRET_BODY = json.dumps(
    {"ETag": "abc", "Authorization": "Bearer s3cret", "signedUrl": "http://s3cret", "body": {"authJWT": "s3cret"}}
)


class Fault(BaseHTTPRequestHandler):
    """Answers every call with the server's fault, and counts the calls."""

    def do_POST(self) -> None:
        self.server.calls += 1  # type: ignore[attr-defined]
        status, code, reason = self.server.fault  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": reason}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def faulty_server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Fault) as server:
        server.calls = 0  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def queue(moto_server: Aws, fresh_name: str) -> Iterator[SqsQueue]:
    moto_server.create_queue(f"{fresh_name}.fifo")
    with closing(SqsQueue(moto_server.settings(), f"sqs://{fresh_name}.fifo")) as queue:
        yield queue


def test_a_queue_that_does_not_exist_is_missing_until_it_does(moto_server: Aws, fresh_name: str) -> None:
    with closing(SqsQueue(moto_server.settings(), f"sqs://{fresh_name}.fifo")) as queue:
        for act in (lambda: queue.receive(1, 0), lambda: queue.send("a"), queue.depth):
            with pytest.raises(QueueMissing, match=fresh_name):
                act()
        moto_server.create_queue(f"{fresh_name}.fifo")
        queue.send("a")
        assert [lease.body for lease in queue.receive(1, 0)] == ["a"]


def test_a_queue_that_is_deleted_under_way_is_missing_and_found_again(queue: SqsQueue, moto_server: Aws) -> None:
    queue.send("a")
    queue._clients.sqs.delete_queue(QueueUrl=queue._found())
    with pytest.raises(QueueMissing):
        queue.receive(1, 0)
    moto_server.create_queue(queue.name)
    queue.send("b")
    assert [lease.body for lease in queue.receive(1, 0)] == ["b"]


def test_a_queue_is_reached_by_its_url_alone(moto_server: Aws, fresh_name: str) -> None:
    url = moto_server.create_queue(f"{fresh_name}.fifo")
    with closing(SqsQueue(Settings(cluster_env_given="development"), url)) as queue:
        assert queue.name == f"{fresh_name}.fifo"
        queue.send("a")
        assert [lease.body for lease in queue.receive(1, 0)] == ["a"]


@pytest.mark.parametrize(
    ("status", "code"), [(503, "ServiceUnavailable"), (500, "InternalFailure"), (400, "ThrottlingException")]
)
def test_a_fault_of_the_service_is_told_after_few_tries(
    faulty_server: ThreadingHTTPServer, moto_server: Aws, status: int, code: str
) -> None:
    faulty_server.fault = (status, code, "come back later")  # type: ignore[attr-defined]
    url = f"http://127.0.0.1:{faulty_server.server_port}/000000000000/q.fifo"
    with closing(SqsQueue(moto_server.settings(), url)) as queue, pytest.raises(QueueUnavailable, match="later"):
        queue.receive(1, 0)
    assert faulty_server.calls == TRIES  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        ("ReceiptHandleIsInvalid", "The input receipt handle is invalid.", LeaseLost),
        ("InvalidParameterValue", "Value AQ== for parameter ReceiptHandle is invalid. Reason: expired.", LeaseLost),
        ("MessageNotInflight", "The message referred to is not in flight.", LeaseLost),
        ("InvalidParameterValue", "Total VisibilityTimeout for the message is beyond the limit", DeadlineExceeded),
        ("AccessDenied", "Access is denied.", QueueUnavailable),
    ],
)
def test_a_refused_extension_is_told_for_what_it_is(
    faulty_server: ThreadingHTTPServer, queue: SqsQueue, moto_server: Aws, code: str, reason: str, told: type[Exception]
) -> None:
    queue.send("a")
    (lease,) = queue.receive(1, 0)
    faulty_server.fault = (400, code, reason)  # type: ignore[attr-defined]
    url = f"http://127.0.0.1:{faulty_server.server_port}/000000000000/q.fifo"
    with closing(SqsQueue(moto_server.settings(), url)) as refused, pytest.raises(told):
        refused.extend(lease, 30)


def test_a_message_cannot_be_held_beyond_what_sqs_allows(queue: SqsQueue) -> None:
    queue.send("a")
    (lease,) = queue.receive(1, 0)
    with pytest.raises(DeadlineExceeded):
        queue.extend(lease, 43_200)


def test_a_connection_that_is_reset_is_told_and_mended(moto_server: Aws, queue: SqsQueue) -> None:
    with Proxy(moto_server.port) as proxy:
        url = f"http://127.0.0.1:{proxy.port}/{MOTO_ACCOUNT}/{queue.name}"
        with closing(SqsQueue(moto_server.settings(), url)) as shaky:
            shaky.send("a")
            proxy.mode = "reset"
            with pytest.raises(QueueUnavailable, match=queue.name):
                shaky.receive(1, 0)
            proxy.mode = "pass"
            assert [lease.body for lease in shaky.receive(1, 0)] == ["a"]


def test_a_dead_letter_goes_to_the_queue_of_the_dead_with_its_reason(queue: SqsQueue, moto_server: Aws) -> None:
    dead_name = queue.name.replace(".fifo", "-dead.fifo")
    moto_server.create_queue(dead_name)
    queue.send(SECRET_BODY)
    queue.dead_letter(queue.receive(1, 0)[0], "it kills R")
    assert (queue.depth().waiting, queue.depth().leased, queue.depth().dead) == (0, 0, 1)
    with closing(SqsQueue(moto_server.settings(), f"sqs://{dead_name}")) as dead:
        (letter,) = dead.receive(1, 0)
    assert letter.body == SECRET_BODY
    assert letter.attributes["Reason"] == "it kills R"


def test_a_dead_letter_goes_whatever_its_reason_and_its_sender_say(queue: SqsQueue, moto_server: Aws) -> None:
    dead_name = queue.name.replace(".fifo", "-dead.fifo")
    moto_server.create_queue(dead_name)
    moto_server.client("sqs").send_message(
        QueueUrl=queue._found(),
        MessageBody="{}",
        MessageGroupId="work",
        MessageAttributes={"Seal": {"DataType": "Binary", "BinaryValue": b"\0"}},
    )
    queue.dead_letter(queue.receive(1, 0)[0], "There is no task called '\x00\x1b[31m\n'.")
    with closing(SqsQueue(moto_server.settings(), f"sqs://{dead_name}")) as dead:
        (letter,) = dead.receive(1, 0)
    assert letter.attributes == {"Reason": "There is no task called ' [31m '."}


def test_a_dead_letter_goes_to_the_queue_that_is_set(moto_server: Aws, fresh_name: str) -> None:
    name = f"{fresh_name}.fifo"
    moto_server.create_queue(name)
    dead_url = moto_server.create_queue(f"{fresh_name}-elsewhere")
    with closing(SqsQueue(moto_server.settings(dead_letter_url=dead_url), f"sqs://{name}")) as queue:
        queue.send("a")
        queue.dead_letter(queue.receive(1, 0)[0], "because")
        assert (queue.depth().leased, queue.depth().dead) == (0, 1)


@pytest.mark.parametrize("body", [SECRET_BODY, "Bearer s3cret, no JSON"])
def test_without_a_queue_of_the_dead_the_log_keeps_the_letter_but_no_secret(
    queue: SqsQueue, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    message_id = queue.send(body)
    with caplog.at_level(logging.ERROR):
        queue.dead_letter(queue.receive(1, 0)[0], "it kills R")
    told = caplog.messages[0]
    assert message_id in told
    assert "it kills R" in told
    assert "s3cret" not in told
    assert ('"ETag": "abc"' in told) == (body == SECRET_BODY)
    assert queue.depth().leased == 0
