"""Requests and files that mean harm: names that lead out, bombs, bodies without end."""

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from fixtures.gateway import GatewayProcess
from fixtures.stack import wait_for
from tandem.states import State

#: Names that would lead to another folder.
LEADING_OUT = ["../evil", "..", "../../../etc/evil", "/etc/evil", "a/../../evil", "..\\evil", "%2e%2e%2fevil"]
#: A body that nobody expects, in bytes.
HUGE = 100_000_000
#: Expressions that take a matcher for ever on names of genes.
FOR_EVER = ["^(a+)+$", "(.*.*)*x", "(([A-Z]+)*[0-9]*)*!", "(?:.|.)*" * 10 + "$"]
#: What a bomb would fill, in bytes: more than any archive may hold of nothing.
BOMB = 1_200_000_000


def packed(kind: str, name: str) -> tuple[str, bytes]:
    """An archive with one file of this name."""
    body = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(body, "w") as archive:
            archive.writestr(name, "evil")
    else:
        with tarfile.open(fileobj=body, mode="w:gz") as archive:
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"evil"))
    return f"in.{kind}", body.getvalue()


def evil_files(place: Path) -> list[Path]:
    """What has got out, here or where the names lead."""
    return [path for path in (*place.rglob("*evil*"), Path("/etc/evil"), Path("/evil")) if path.exists()]


@pytest.mark.promise("paths that lead out")
@pytest.mark.parametrize("name", LEADING_OUT)
def test_an_id_or_key_in_a_message_leads_nowhere_else(stack, name):
    by_experiment = stack.message("GetNUmis") | {"experimentId": name}
    by_key = stack.message("GetNUmis") | {"ETag": name}
    runs = [stack.send(by_experiment), stack.send(by_key)]
    worker = stack.start_worker()

    for run_id in runs:
        run = stack.wait_until_terminal(run_id)
        assert run.state is State.FAILED
    stack.wait_until_settled()
    assert stack.queue.depth().dead == 2
    assert list(stack.store.list()) == []
    assert evil_files(stack.folder) == []
    assert worker.poll() is None


@pytest.mark.promise("paths that lead out")
@pytest.mark.parametrize("name", LEADING_OUT)
def test_the_gateway_is_led_nowhere_else(gateway, name):
    (gateway.folder / "secret-file").write_text("s3cret")
    asked_for = quote(name, safe="%").replace(".", "%2E").replace("/", "%2F")
    asked = [
        httpx.get(f"{gateway.url}{path}", timeout=10)
        for path in (
            f"/results/{asked_for}",
            f"/v2/experiments/{asked_for}/cellSets",
            f"/jobs/none/results/{asked_for}",
            "/results/..%2f..%2fsecret-file",
            "/data/file?path=../secret-file&root=data",
            f"/data/file?path={asked_for}",
            "/..%2fsecret-file",
        )
    ]
    sent = httpx.post(f"{gateway.url}/experiments", data={"id": name}, files={"files": ("a.h5ad", b"x")}, timeout=10)

    assert {answer.status_code for answer in (*asked, sent)} <= {400, 404, 405, 422}, [
        (answer.url, answer.status_code) for answer in (*asked, sent)
    ]
    assert all("s3cret" not in answer.text for answer in asked)
    assert evil_files(gateway.folder) == []


@pytest.mark.promise("paths that lead out")
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
@pytest.mark.parametrize("name", [name for name in LEADING_OUT if "%" not in name])
def test_an_archive_writes_nowhere_else(gateway, kind, name):
    archive, body = packed(kind, name)

    job = json.dumps({"command": ["true"]})
    answer = httpx.post(f"{gateway.url}/jobs", data={"job": job}, files=[("archive", (archive, body))], timeout=30)

    assert answer.status_code in (403, 422), answer.text
    assert evil_files(gateway.folder) == []
    assert not list((gateway.folder / ".tandem" / "jobs" / "uploads").glob("*"))


@pytest.fixture
def with_commands(own_gateway: GatewayProcess, r_library: Path) -> GatewayProcess:
    """A gateway that takes jobs and imports."""
    library = own_gateway.folder / ".tandem" / "r-library"
    library.parent.mkdir(exist_ok=True)
    library.symlink_to(r_library)
    own_gateway.start(TANDEM_COMMANDS="true")
    return own_gateway


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of a megabyte that holds more than a gigabyte of nothing."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("matrix.csv", "w") as member:
        for _ in range(BOMB // 1_000_000):
            member.write(bytes(1_000_000))
    return path


@pytest.mark.promise("archive bombs")
def test_a_bomb_among_a_jobs_inputs_is_refused_and_removed(with_commands, bomb):
    job = json.dumps({"command": ["true"]})
    with bomb.open("rb") as body:
        answer = httpx.post(
            f"{with_commands.url}/jobs", data={"job": job}, files=[("archive", ("bomb.zip", body))], timeout=120
        )

    assert answer.status_code == 422, answer.text
    assert "as only bombs are" in answer.json()["detail"]
    assert large_files(with_commands.folder) == []
    assert with_commands.get("/healthz").status_code == 200


@pytest.mark.promise("archive bombs")
def test_a_bomb_that_is_imported_fails_with_its_reason_and_is_removed(with_commands, bomb):
    with bomb.open("rb") as body:
        sent = httpx.post(
            f"{with_commands.url}/experiments", data={"id": "new"}, files={"files": ("bomb.zip", body)}, timeout=30
        )
    assert sent.status_code == 202, sent.text

    def task() -> dict[str, str]:
        return dict(with_commands.get(sent.headers["Location"]).json())

    wait_for(lambda: State(task()["state"]).terminal, 120, lambda: f"{task()}")
    assert task()["state"] == "FAILED"
    assert "as only bombs are" in task()["reason"]
    wait_for(lambda: large_files(with_commands.folder) == [], 10, lambda: f"{large_files(with_commands.folder)}")
    assert not (with_commands.data / "new").exists()


def large_files(place: Path) -> list[Path]:
    """Whatever was unpacked of a bomb."""
    return [path for path in place.rglob("*") if path.is_file() and path.stat().st_size > BOMB // 100]


@pytest.mark.promise("expression bombs")
def test_a_search_for_an_expression_is_one_for_plain_text(stack):
    asked = [stack.message("ListGenes", geneNamesFilter=text[:100], expires_in_s=60) for text in FOR_EVER]
    genes = stack.message("ListGenes", geneNamesFilter=".")
    runs = [stack.send(message) for message in (*asked, genes)]
    stack.start_worker()

    assert {stack.wait_until_terminal(run_id).state for run_id in runs} == {State.COMPLETE}

    for message in asked:
        assert stack.wait_for_answer(message["ETag"])["total"] == 0
    found = stack.wait_for_answer(genes["ETag"])
    assert all("." in name for name in found["gene_names"]), "a dot is a dot"


@pytest.mark.promise("huge bodies")
@pytest.mark.parametrize("path", ["/v2/workRequest/small", "/jobs", "/v2/experiments/small/cellSets"])
def test_a_body_of_100_mb_is_refused_and_not_kept(gateway, path):
    method = "PATCH" if path.endswith("cellSets") else "POST"
    before = resident_bytes(gateway.pid)

    answer = httpx.request(
        method, f"{gateway.url}{path}", content=endless(), headers={"Content-Type": "application/json"}, timeout=60
    )

    assert answer.status_code in (413, 415), answer.text
    assert resident_bytes(gateway.pid) - before < HUGE // 2
    assert gateway.get("/healthz").status_code == 200


@pytest.mark.promise("huge bodies")
def test_r_answers_others_while_a_huge_body_comes(shared_r):
    def slowly() -> Iterator[bytes]:
        yield b'{"seconds": 0, "more": "'
        for _ in range(100):
            assert httpx.get(f"{shared_r.url}/health", timeout=5).status_code == 200
            yield bytes(HUGE // 100).replace(b"\0", b"x")
        yield b'"}'

    headers = {"Content-Type": "application/json", "Content-Length": str(24 + HUGE + 2)}
    answer = httpx.post(f"{shared_r.url}/v0/sleep", content=slowly(), headers=headers, timeout=60)
    beyond = httpx.post(f"{shared_r.url}/v0/sleep", content=b"", headers={"Content-Length": "0"}, timeout=10)

    assert answer.status_code in (200, 413), answer.text
    assert beyond.status_code == 400, "seconds were not said"
    assert shared_r.status()["ready"] is True


def endless() -> Iterator[bytes]:
    """A huge body in pieces, as somebody sends it who does not say how long it is."""
    for _ in range(100):
        yield bytes(HUGE // 100)


def resident_bytes(pid: int) -> int:
    """What a process has in memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024
