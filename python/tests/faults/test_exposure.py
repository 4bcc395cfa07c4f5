"""What must stay where it is: tokens, other people's files, and ports that nobody asked for."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from fixtures.surroundings import TOKEN
from helpers.killer import descendants
from helpers.walls import need
from tandem.exchange.sandbox import BUBBLEWRAP
from tandem.states import State

SECRET = "s3cr3t-of-the-runner"
#: The state of a socket that listens, as the kernel writes it.
LISTENING = "0A"
#: What a job may go for: the folders of others, what the runner knows, and the cloud's word on who we are.
PRY = """
import os, pathlib, socket, urllib.request
def tried(name, act):
    try:
        print(name, repr(act())[:200], flush=True)
    except Exception as error:
        print(name, "NOTHING", type(error).__name__, flush=True)
def environments():
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            found.append(b"%(secret)s" in path.read_bytes())
        except OSError:
            pass
    return any(found)
tried("folder", lambda: os.listdir("%(other)s"))
tried("file", lambda: open("%(file)s").read())
tried("home", lambda: os.listdir("%(home)s"))
tried("own environment", lambda: "%(secret)s" in str(os.environ))
tried("environments", environments)
tried("metadata", lambda: urllib.request.urlopen("http://169.254.169.254/latest/meta-data/", timeout=3).read())
tried("container", lambda: socket.create_connection(("169.254.170.2", 80), 3))
tried("record", lambda: open("%(home)s/record.sqlite", "rb").read(10))
"""


@pytest.mark.promise("prying jobs")
def test_a_job_finds_nothing_of_other_jobs_the_runner_or_the_cloud(runners):
    need(BUBBLEWRAP)
    runners.start(AWS_SECRET_ACCESS_KEY=SECRET, AWS_ACCESS_KEY_ID="id", TANDEM_ADMIN_TOKEN=SECRET)
    victim = runners.submit("sh", "-c", 'echo mine > "$TANDEM_OUTPUT/private"; pwd; sleep 300')
    runners.wait(lambda: runners.said(victim.run_id))
    [private] = [path for path in runners.settings.state.rglob("private") if victim.run_id in str(path)]
    place = {"other": private.parent, "file": private, "home": runners.folder, "secret": SECRET}
    runners.program("pry", PRY % place)

    spy = runners.submit(program="pry")

    [ended] = runners.ended(spy.run_id, within_s=60)
    assert ended.state is State.COMPLETE, runners.said(spy.run_id)
    said = dict(line.split(" ", 1) for line in runners.said(spy.run_id) if not line.startswith(("own ",)))
    assert said["environments"] == "False"
    assert "own environment False" in runners.said(spy.run_id)
    for name in ("file", "metadata", "container", "record"):
        assert said[name].startswith("NOTHING"), said
    assert private.name not in said["folder"]
    assert "record.sqlite" not in said["home"]
    runners.records.runs.request_kill(victim.run_id)
    runners.ended(victim.run_id)


@pytest.mark.promise("tokens in events")
def test_no_event_of_any_end_carries_the_token_of_its_caller(stack, tmp_path):
    kinds = [
        stack.message("GetNUmis"),
        stack.message("Fail", message="on purpose"),
        stack.message("Effect", seconds=0),
        stack.message("Flood", megabytes=1),
        stack.message("NoSuchTask"),
        stack.message("GetNUmis", expires_in_s=-1),
        stack.message("GetNUmis") | {"timeout": "soon"},
        stack.message("GetNUmis") | {"authJWT": TOKEN},
    ]
    for message in kinds:
        message["Authorization"] = TOKEN
        message["requestProps"]["broadcast"] = True
    runs = [stack.send(message) for message in kinds]
    stack.start_worker()

    states = {stack.wait_until_terminal(run_id).state for run_id in runs}
    for message in kinds:
        stack.wait_for_answer(message["ETag"])
    stack.wait_until_settled()

    assert states == {State.COMPLETE, State.FAILED, State.EXPIRED}
    heard = json.dumps(stack.ear.heard)
    assert "Authorization" not in heard
    assert "authJWT" not in heard
    assert all(part not in heard for part in TOKEN.split()[1].split("."))
    assert all(part not in stack.log() for part in TOKEN.split()[1].split("."))


@pytest.mark.promise("open ports")
def test_every_port_listens_to_this_machine_alone(stack, shared_r, gateway, runners):
    worker = stack.start_worker()
    runner = runners.start()
    stack.wait(lambda: stack.status() == "ready")
    roots = {"R": shared_r.process.pid, "gateway": gateway.pid, "worker": worker.pid, "runner": runner.pid}

    found = {name: [ip for pid in {root, *descendants(root)} for ip in listens(pid)] for name, root in roots.items()}

    assert found["R"]
    assert found["gateway"]
    assert {ip for ips in found.values() for ip in ips} == {"127.0.0.1"}, found


def listens(pid: int) -> list[str]:
    """The addresses that a process listens at."""
    sockets = set()
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                sockets.add(link.readlink().name.removeprefix("socket:[").removesuffix("]"))
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and fields[9] in sockets:
                address = bytes.fromhex(fields[1].partition(":")[0])
                found.append(".".join(str(part) for part in reversed(address)) if table == "tcp" else address.hex())
    return found
