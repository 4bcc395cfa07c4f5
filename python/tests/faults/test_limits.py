"""Memory and disks end: whoever needed more fails with that reason, and everybody else goes on."""

import resource
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from fixtures.stack import RProcess
from helpers.killer import descendants
from tandem.states import State

#: A machine's root may mount; the kernel may allow it to others in a place of their own.
PRIVATE = ("unshare", "--user", "--map-root-user", "--mount")
#: What is left of memory to R in these tests, in bytes, and what a task asks for, in megabytes.
LEFT_BYTES, WANTED_MB = 1 << 30, 4_000


def with_small_disk(folder: Path, size: str) -> tuple[str, ...]:
    """The command that starts another where this folder is a disk of that size."""
    if subprocess.run([*PRIVATE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow a private mount")
    folder.mkdir(parents=True, exist_ok=True)
    return (*PRIVATE, "sh", "-c", f'mount -t tmpfs -o size={size} none {folder} && exec "$@"', "sh")


@pytest.mark.promise(3)
def test_a_task_that_gets_no_memory_says_so_at_once_and_the_service_lives(make_stack, redis_server, own_r):
    own_r.start()
    own_r.wait_until_ready()
    stack = make_stack(redis_server.port, own_r.url)
    generation = own_r.status()["generation"]
    for process in descendants(own_r.process.pid):
        used = int(Path(f"/proc/{process}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(process, resource.RLIMIT_AS, (used + LEFT_BYTES, used + LEFT_BYTES))
    message = stack.message("Allocate", megabytes=WANTED_MB)
    assert stack.ear.heard == []
    run_id = stack.send(message)
    beside = stack.send(stack.message("Sleep", seconds=1))
    stack.start_worker()

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.error_code, run.attempt) == (State.FAILED, "R_WORKER_OUT_OF_MEMORY", 1)
    assert "memory" in run.reason
    assert stack.wait_for_answer(message["ETag"])["response"]["errorCode"] == "R_WORKER_OUT_OF_MEMORY"
    assert stack.wait_until_terminal(beside).state is State.COMPLETE
    assert stack.wait_until_terminal(stack.send(stack.message("GetNUmis"))).state is State.COMPLETE
    assert own_r.status()["generation"] == generation


@pytest.mark.promise(28)
def test_a_full_disk_under_the_store_is_the_reason_and_nothing_half_is_seen(stack, tmp_path):
    disk = tmp_path / "store"
    worker = stack.start_worker(*with_small_disk(disk, "1m"))
    stack.wait(lambda: stack.status() == "ready")
    large = stack.message("Flood", megabytes=3, expires_in_s=15)
    run_id = stack.send(large)

    run = stack.wait_until_terminal(run_id, within_s=60)
    assert (run.state, run.error_code) == (State.FAILED, "RESULT_NOT_STORED"), run
    assert "No space left" in run.reason
    seen = Path(f"/proc/{worker.pid}/root{disk}")
    assert [path for path in seen.rglob("*") if path.is_file() and path.stat().st_size > 100_000] == []

    small = stack.message("GetNUmis")
    assert stack.wait_until_terminal(stack.send(small)).state is State.COMPLETE
    assert list(seen.rglob(small["ETag"]))
    assert list(seen.rglob(large["ETag"])) == []
    assert "No space left" in stack.log()


@pytest.mark.promise(28)
def test_a_full_disk_under_the_workers_scratch_is_the_reason(stack, tmp_path):
    scratch = tmp_path / "scratch"
    worker = stack.start_worker(*with_small_disk(scratch, "1m"), TANDEM_SCRATCH=str(scratch))
    run_id = stack.send(stack.message("Flood", megabytes=5))

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.error_code) == (State.FAILED, "SCRATCH_FULL"), stack.logs()
    assert stack.wait_until_terminal(stack.send(stack.message("GetNUmis"))).state is State.COMPLETE
    assert list(Path(f"/proc/{worker.pid}/root{scratch}").iterdir()) == []


@pytest.mark.promise(28)
def test_a_full_disk_under_r_is_the_reason_and_is_tidied_up(
    make_stack, redis_server, r_library, small_experiment, tmp_path
):
    scratch = Path("/dev/shm") / f"tandem-full-{uuid.uuid4().hex[:8]}"
    within = with_small_disk(scratch, "3m")
    r = RProcess(r_library, small_experiment, tmp_path / "r.log", scratch=scratch, within=within)
    try:
        r.start()
        r.wait_until_ready()
        stack = make_stack(redis_server.port, r.url)
        stack.start_worker()
        run = stack.wait_until_terminal(stack.send(stack.message("Flood", megabytes=20)))

        assert (run.state, run.error_code) == (State.FAILED, "R_WORKER_SCRATCH_FULL"), stack.logs()
        assert stack.wait_until_terminal(stack.send(stack.message("GetNUmis"))).state is State.COMPLETE
    finally:
        r.stop()
        shutil.rmtree(scratch, ignore_errors=True)
