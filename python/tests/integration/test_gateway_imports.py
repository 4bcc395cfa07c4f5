"""Data sets arrive at a real gateway: taken, refused, cancelled, broken off; nothing is left of what did not work."""

import json
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.gateway import GatewayProcess
from fixtures.stack import wait_for
from helpers.data_sets import anndata_of, small_counts, write_folder
from tandem.records.base import Wanted
from tandem.states import State

#: Seconds that an import may take to end.
IMPORT_S = 90.0
#: Seconds that a cancelled one may take.
CANCEL_S = 3.0
#: Of few cells none shall be lost.
GENTLE = json.dumps({"min_genes": 0, "max_mito": None, "components": 5, "variable_genes": 20, "doublets": False})


@pytest.fixture(autouse=True)
def library(gateway: GatewayProcess, r_library: Path) -> None:
    """What the running gateway needs to import."""
    place = gateway.folder / ".tandem" / "r-library"
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(r_library)


def send(gateway: GatewayProcess, *files: tuple[str, tuple[str, Any]], **fields: str) -> httpx.Response:
    parts = [*files, *((name, (None, value)) for name, value in fields.items())]
    return httpx.post(f"{gateway.url}/experiments", files=parts, timeout=30)


def task(gateway: GatewayProcess, answer: httpx.Response) -> dict[str, Any]:
    return dict(gateway.get(answer.headers["Location"]).json())


def ended(gateway: GatewayProcess, answer: httpx.Response) -> dict[str, Any]:
    """The task once it has ended."""
    assert answer.status_code == 202, answer.text

    def look() -> dict[str, Any] | None:
        now = task(gateway, answer)
        return now if State(now["state"]).terminal else None

    return dict(wait_for(look, IMPORT_S, lambda: f"{task(gateway, answer)}\n{gateway.log.read_text()[-3000:]}"))


def left_behind(gateway: GatewayProcess) -> list[str]:
    """What imports leave only if something went wrong."""
    found = [path for path in gateway.data.iterdir() if path.name.startswith((".importing", ".removing"))]
    return [str(path) for path in (*found, *(gateway.data / ".uploads").iterdir())]


def counts_folder(place: Path) -> list[tuple[str, tuple[str, Any]]]:
    """A 10x folder as a browser sends it."""
    write_folder(place / "sample1", small_counts())
    files = sorted((place / "sample1").iterdir())
    return [("files", (f"sample1/{file.name}", file.read_bytes())) for file in files]


def slow_file(place: Path) -> tuple[str, tuple[str, Any]]:
    """One whose import takes a while: enough to be cancelled."""
    path = place / "slow.h5ad"
    anndata_of(small_counts(cells=6000, genes=3000)).write_h5ad(path)
    return ("files", (path.name, path.read_bytes()))


def test_a_folder_becomes_an_experiment_and_goes_again(gateway: GatewayProcess, tmp_path: Path):
    answer = send(gateway, *counts_folder(tmp_path / "in"), id="mine", name="My cells", options=GENTLE)
    assert (answer.json()["task"], answer.json()["experiment"], answer.json()["state"]) == ("Import", "mine", "QUEUED")
    listed = {one["id"]: one for one in gateway.get("/experiments?search=CELLS").json()["items"]}
    assert listed["mine"]["state"] == "importing"
    assert listed["mine"]["taskId"] == answer.json()["id"]
    done = ended(gateway, answer)
    assert done["state"] == "COMPLETE", done
    assert done["request"]["files"][0] == "sample1/barcodes.tsv.gz"
    assert done["progress"]["step"] == done["progress"]["total"] > 5
    made = gateway.get("/experiments/mine").json()
    assert (made["name"], made["cells"], made["genes"], made["samples"]) == ("My cells", 30, 40, 1)
    assert made["hasReport"]
    assert made["importedAt"]
    assert gateway.get("/experiments/mine/report").status_code == 200
    assert left_behind(gateway) == []
    refused = [gateway.get(f"{answer.headers['Location']}/result")]
    refused.append(httpx.post(f"{gateway.url}{answer.headers['Location']}/again"))
    assert [(one.status_code, one.json()["detail"][:9]) for one in refused] == [(409, "An import")] * 2

    again = send(gateway, *counts_folder(tmp_path / "in"), id="mine", options=GENTLE)
    assert again.status_code == 409
    assert "force" in again.json()["detail"]
    assert httpx.delete(f"{gateway.url}/experiments/mine").status_code == 204
    assert gateway.get("/experiments/mine").status_code == 404
    assert not (gateway.data / "mine").exists()
    assert left_behind(gateway) == []


@pytest.mark.parametrize(
    ("name", "fields", "status", "said"),
    [
        ("../../x.h5ad", {"id": "mine"}, 422, "leads out"),
        (".x.h5ad", {"id": "mine"}, 422, "hidden"),
        ("x.h5ad", {}, 422, "id is missing"),
        ("x.h5ad", {"id": "../mine"}, 422, "cannot be '../mine'"),
        ("x.h5ad", {"id": "debug"}, 422, "something else"),
        ("x.h5ad", {"id": "mine", "options": '{"clusterin": 1}'}, 422, "clusterin"),
        ("x.h5ad", {"id": "mine", "options": '{"resolution": -1}'}, 422, "resolution"),
        ("x.h5ad", {"id": "mine", "options": "{"}, 422, "options"),
        ("x.h5ad", {"id": "mine", "options": "[]"}, 422, "options"),
        ("x.h5ad", {"id": "mine", "forse": "true"}, 422, "forse"),
        ("x.h5ad", {"id": "mine", "force": "perhaps"}, 422, "force"),
        ("x.h5ad", {"id": "small"}, 409, "small"),
        ("", {"id": "mine"}, 422, "No file"),
        ("", {"demo": "true"}, 409, "counts"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_a_sentence(
    gateway: GatewayProcess, name: str, fields: dict[str, str], status: int, said: str
):
    answer = send(gateway, ("files", (name, b"x")), **fields) if name else send(gateway, **fields)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]
    assert left_behind(gateway) == []
    assert gateway.record.count(Wanted(experiment=fields.get("id", "demo"), states=(State.QUEUED,))) == 0


def test_other_bodies_are_refused(gateway: GatewayProcess):
    assert httpx.post(f"{gateway.url}/experiments", json={"id": "x"}).status_code == 415
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"", b"nonsense", b"--x\r\n\r\n\r\n--x--\r\n", b"--x--\r\n", b"--x\r\nA: b\r\n"):
        assert httpx.post(f"{gateway.url}/experiments", content=body, headers=kind).status_code == 422
    assert left_behind(gateway) == []


def test_a_file_that_is_no_data_fails_with_its_reason(gateway: GatewayProcess):
    done = ended(gateway, send(gateway, ("files", ("notes.bin", b"\0\1\2 no counts")), id="mine"))
    assert done["state"] == "FAILED"
    assert done["reason"].startswith("notes.bin cannot be imported: it is of no known format")
    assert not (gateway.data / "mine").exists()
    assert left_behind(gateway) == []


def test_an_upload_that_is_broken_off_leaves_nothing(gateway: GatewayProcess):
    with socket.create_connection(("127.0.0.1", gateway.port)) as line:
        line.sendall(
            b"POST /experiments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999999\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.h5ad"\r\n\r\n' + b"z" * 3_000_000
        )
        wait_for(lambda: left_behind(gateway), 10, lambda: "the upload did not begin")
    wait_for(lambda: not left_behind(gateway), 10, lambda: f"{left_behind(gateway)}")
    assert "a request went wrong" not in gateway.log.read_text()


def wait_for_step(gateway: GatewayProcess, answer: httpx.Response) -> None:
    """Until R is at work."""
    wait_for(
        lambda: now_at(task(gateway, answer)) > 1,
        IMPORT_S,
        lambda: f"{task(gateway, answer)}\n{gateway.log.read_text()[-2000:]}",
    )


def now_at(run: dict[str, Any]) -> int:
    """The step that an import which still runs is at."""
    assert not State(run["state"]).terminal, run
    return (run["progress"] or {}).get("step") or 0


@pytest.mark.parametrize("when", [lambda *_: None, wait_for_step], ids=["at its beginning", "while R works"])
def test_a_cancelled_import_leaves_nothing(
    gateway: GatewayProcess, tmp_path: Path, when: Callable[[GatewayProcess, httpx.Response], None]
):
    file = slow_file(tmp_path)
    first, second = send(gateway, file, id="mine"), send(gateway, file, id="other")
    small = ("files", ("small.h5ad", b"x"))
    assert send(gateway, small, id="mine", force="true").status_code == 409, task(gateway, first)
    when(gateway, first)
    began = time.monotonic()
    for answer in (second, first):
        cancelled = httpx.delete(f"{gateway.url}{answer.headers['Location']}")
        assert cancelled.status_code == 202, cancelled.text
    assert ended(gateway, first)["state"] == "KILLED"
    assert time.monotonic() - began < CANCEL_S
    assert ended(gateway, second)["state"] == "KILLED"
    wait_for(lambda: not left_behind(gateway), 10, lambda: f"{left_behind(gateway)}")
    assert not (gateway.data / "mine").exists()
    assert not (gateway.data / "other").exists()


def test_imports_of_a_gateway_that_was_killed_are_told_as_failed(gateway: GatewayProcess, tmp_path: Path):
    answer = send(gateway, slow_file(tmp_path), id="mine")
    wait_for_step(gateway, answer)
    waiting = send(gateway, *counts_folder(tmp_path / "in"), id="third", options=GENTLE)
    assert gateway._process is not None
    gateway._process.send_signal(signal.SIGKILL)
    gateway._process.wait()
    gateway.start()
    failed = ended(gateway, answer)
    assert failed["state"] == "FAILED"
    assert "gateway ended" in failed["reason"]
    assert ended(gateway, waiting)["state"] == "COMPLETE"
    assert gateway.get("/experiments/third").json()["cells"] == 30
    assert left_behind(gateway) == []


def test_an_experiment_with_work_is_not_removed(gateway: GatewayProcess):
    run = gateway.record.queued("a-run", experiment="small", task="GetNUmis", etag="x")
    refused = httpx.delete(f"{gateway.url}/experiments/small")
    assert refused.status_code == 409
    assert run.run_id in refused.json()["detail"]
    gateway.record.finished(run.run_id, State.KILLED)
    gateway.queue.send("{}")
    assert httpx.delete(f"{gateway.url}/experiments/small").status_code == 409
    assert gateway.get("/experiments/small").status_code == 200


def test_odd_folders_and_files_are_no_trouble(gateway: GatewayProcess):
    gateway.add_experiment("broken")
    (gateway.data / "broken" / "import.json").write_text('{"name": 5, "samples": "x"')
    for name in ("a b", "-rf", "ä", "x" * 120, "\udcff"):
        (gateway.data / name).mkdir()
        for file in ("r.rds", "cell_sets.json"):
            (gateway.data / name / file).touch()
    (gateway.data / "loop").symlink_to(gateway.data / "loop")
    ids = [one["id"] for one in gateway.get("/experiments").json()["items"]]
    assert {"broken", "small"} <= set(ids)
    assert not {"a b", "-rf", "ä", "x" * 120, "loop"} & set(ids)
    assert gateway.get("/experiments/broken").json()["genes"] is None
    assert gateway.get("/data?path=experiments").status_code == 200
    assert gateway.get("/experiments/%2e%2e%2fsecret").status_code == 404
    assert gateway.get("/experiments/x%00y").status_code == 404
    assert httpx.post(f"{gateway.url}/experiments/absent/open").status_code == 404


def test_two_hundred_experiments_are_listed_at_once(gateway: GatewayProcess):
    for number in range(200):
        gateway.add_experiment(f"e{number:03}")
    found = gateway.get("/experiments?limit=150&offset=60&search=E1").json()
    assert found["total"] == 100
    assert [one["id"] for one in found["items"]] == [f"e{number}" for number in range(160, 200)]
    assert all(one["state"] == "asleep" for one in found["items"])
