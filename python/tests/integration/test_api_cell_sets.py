"""Cell sets over real HTTP: read cheaply, changed as existing clients change them, and never lost."""

import gzip
import json
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from fixtures.stack import Stack
from fixtures.surroundings import CLASSES, cell_class, cell_set
from helpers.api_process import MERGER, ApiProcess
from tandem.errors import CellSetsUnavailable, CellSetsUnusable
from tandem.experiments import bucket_document
from tandem.experiments.api_editor import ApiEditor
from tandem.experiments.bucket_document import BucketDocument
from tandem.experiments.changes import CellClass, CellSet, InsertSet, ReplaceClass
from tandem.experiments.source import LocalSource
from tandem.stores import open_store

PATH = "/v2/experiments/small/cellSets"


def on(key, value):
    return {"$match": {"query": f'$[?(@.key == "{key}")]', "value": value}}


def add(key, to="scratchpad", **more):
    return [on(to, {"children": [{"$insert": {"index": "-", "value": cell_set(key, [1], **more)}}]})]


@pytest.fixture(scope="module")
def api(tmp_path_factory, small_experiment, redis_server) -> Iterator[ApiProcess]:
    """A gateway; nobody works for it."""
    folder = tmp_path_factory.mktemp("cell-sets")
    shutil.copytree(small_experiment, folder / "data")
    stack = Stack(folder, folder / "data", redis_server.port, "http://127.0.0.1:9")
    made = ApiProcess(stack.environment, folder / "gateway.log")
    yield made
    made.close()
    stack.close()


@pytest.fixture
def file(api, tmp_path_factory) -> Path:
    """The file of cell sets, as every test finds it."""
    path = api._log.parent / "data" / "small" / "cell_sets.json"
    path.write_text(json.dumps({"cellSets": CLASSES, "more": "kept"}))
    return path


@pytest.fixture
def classes(file):
    return lambda: json.loads(file.read_bytes())["cellSets"]


# reading


def test_cell_sets_are_read_again_only_when_they_have_changed(api, file):
    first = api.http.get(PATH)
    etag = first.headers["ETag"]
    same = api.http.get(PATH, headers={"If-None-Match": f'"other", {etag}'})
    api.patch([on("scratchpad", {"name": "Own"})]).raise_for_status()
    changed = api.http.get(PATH, headers={"If-None-Match": etag})

    assert first.json() == {"cellSets": CLASSES, "more": "kept"}
    assert etag.startswith('"'), "a strong one"
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag
    assert changed.json()["cellSets"][1]["name"] == "Own"


def test_cell_sets_are_compressed_for_those_who_can_read_it(api, file):
    with httpx.stream("GET", api.url + PATH, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    plain = api.http.get(PATH, headers={"Accept-Encoding": "identity"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain.content == file.read_bytes()
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_an_experiment_that_is_none_has_no_cell_sets(api):
    for answer in (api.http.get("/v2/experiments/none/cellSets"), api.patch([], experiment="none")):
        assert answer.status_code == 404
        assert "'none'" in answer.json()["detail"]


# changing


def test_people_make_rename_recolour_move_and_delete_sets(api, file, classes):
    assert api.patch(add("new", name="Größe 🧬")).json() == {"cellSets": 3}
    api.patch([on("scratchpad", {"children": [on("new", {"name": "T cells", "color": "#123456"})]})]).raise_for_status()
    api.patch([on("scratchpad", {"children": [on("new", {"$move": 0})]})]).raise_for_status()
    api.patch([on("scratchpad", {"children": [on("mine", {"$remove": True})]})]).raise_for_status()

    assert classes()[1]["children"] == [cell_set("new", [1], name="T cells", color="#123456")]
    assert [classes()[0], classes()[2]] == [CLASSES[0], CLASSES[2]]
    assert json.loads(file.read_bytes())["more"] == "kept"


def test_the_workers_editor_changes_them_through_this_api(api, file, classes):
    editor = ApiEditor(api.url, LocalSource(file.parent))
    new = cell_class("louvain", cell_set("leiden-0", [5]))
    given = {"experiment": "small", "authorization": "Bearer x", "seconds": 10}
    editor.make(ReplaceClass(CellClass.model_validate(new), "start"), **given)
    editor.make(InsertSet(CellSet.model_validate(cell_set("found", [7]))), **given)

    assert classes()[0] == new
    assert [child["key"] for child in classes()[1]["children"]] == ["mine", "found"]


@pytest.mark.parametrize(
    ("operations", "reason"),
    [
        ({}, "a list of operations"),
        (add("mine"), "2 cell sets with the key 'mine'"),
        (add("x", cellIds=[-1]), "'x' would not be sound"),
        (add("x", to="none"), "no cell set 'none'"),
        ([{"$explode": 1}], "no operation"),
        ([on("scratchpad", {"children": [on("mine", {"name": "first"})]}), {"$explode": 1}], "no operation"),
    ],
)
def test_a_change_that_cannot_be_leaves_everything_as_it_was(api, file, operations, reason):
    before = file.read_bytes()
    answer = api.patch(operations)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert reason in answer.json()["detail"]
    assert file.read_bytes() == before


@pytest.mark.parametrize("text", [b"", b"[", b"\xff", b"[NaN]", b"[1e999]", b'["\\ud800"]', b"[" * 100_000])
def test_what_is_no_json_is_never_the_gateways_fault(api, file, text):
    answer = api.http.patch(PATH, content=text, headers=MERGER)

    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", "application/boschni"])
def test_changes_are_taken_in_their_own_words_only(api, file, content_type):
    answer = api.http.patch(PATH, content=b"[]", headers={"Content-Type": content_type})

    assert answer.status_code == 415
    assert "boschni-json-merger+json" in answer.json()["detail"]


def test_a_charset_is_no_other_content_type(api, file):
    headers = {"Content-Type": "Application/boschni-json-merger+json; charset=utf-8"}
    assert api.http.patch(PATH, content=b"[]", headers=headers).status_code == 200


def test_a_damaged_file_is_named_and_left_as_it_is(api, file):
    file.write_text("{")
    answer = api.patch(add("x"))

    assert answer.status_code == 500
    assert "cell_sets.json does not hold cell sets" in answer.json()["detail"]
    assert file.read_text() == "{"


INSERT_MANY = """
    import sys
    from pathlib import Path
    from tandem.experiments.changes import CellSet, InsertSet
    from tandem.experiments.local_editor import LocalEditor

    editor = LocalEditor(Path(sys.argv[1]))
    for number in range(20):
        new = CellSet(key=f"process-{number}", name="new", color="#fff", cell_ids=[number])
        editor.make(InsertSet(new), experiment="small", authorization=None, seconds=60.0)
"""


def test_changes_at_once_are_all_made_also_those_of_a_process_beside(api, file, classes):
    command = [sys.executable, "-c", textwrap.dedent(INSERT_MANY), str(file.parent)]
    beside = subprocess.Popen(command)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: api.patch(add(f"patch-{number}")), range(40)))

    assert beside.wait(30) == 0
    assert {answer.status_code for answer in answers} == {200}
    assert len(classes()[1]["children"]) == 1 + 40 + 20


def test_who_listens_hears_of_a_change(api, file):
    heard: list[str] = []
    listening = threading.Event()

    def listen() -> None:
        with httpx.stream("GET", f"{api.url}/events?experiment=small", timeout=20) as answer:
            for line in answer.iter_lines():
                listening.set()
                heard.append(line)
                if line.startswith("data:"):
                    return

    thread = threading.Thread(target=listen)
    thread.start()
    assert listening.wait(10)
    for _ in range(3):  # the first line comes just before it listens
        api.patch([]).raise_for_status()
    thread.join(10)

    assert heard[-2:] == ["event: cellSets", 'data: {"experiment": "small"}']


# in a bucket


@pytest.fixture
def store(moto_server, fresh_name, monkeypatch):
    for name, value in moto_server.environment.items():
        monkeypatch.setenv(name, value)
    settings = moto_server.settings(cluster_env_given=fresh_name, aws_account_id="000000000000")
    location = {"LocationConstraint": "eu-west-1"}
    for kind in ("cell-sets", "processed-matrix"):
        name = settings.bucket(kind, "000000000000")
        moto_server.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=location)
    made = open_store(settings, "cell-sets")
    text = json.dumps({"cellSets": CLASSES}).encode()
    made.put("small", BytesIO(text), content_type="application/json")
    return made


def renamed(name):
    return lambda document: document | {"cellSets": [{"key": name}, *document["cellSets"]]}


def keys(document):
    return [group["key"] for group in json.loads(document.read())["cellSets"]]


def test_of_two_who_change_a_bucket_at_once_neither_is_lost(store):
    document, tries = BucketDocument(store, "small"), []

    def slowly(before):
        if not tries:
            BucketDocument(store, "small").edit(renamed("faster"), seconds=5)
        tries.append(before)
        return renamed("slower")(before)

    before = document.state()
    document.edit(slowly, seconds=5)

    assert keys(document)[:2] == ["slower", "faster"]
    assert len(tries) == 2
    assert document.state() != before


def test_who_is_never_fast_enough_is_told_to_try_again(store, monkeypatch):
    monkeypatch.setattr(bucket_document, "PAUSE_S", 0.0)

    def too_slow(before):
        BucketDocument(store, "small").edit(renamed("faster"), seconds=5)
        return renamed("slower")(before)

    with pytest.raises(CellSetsUnavailable, match="all the time"):
        BucketDocument(store, "small").edit(too_slow, seconds=0.05)
    assert "slower" not in keys(BucketDocument(store, "small"))


def test_a_damaged_object_is_named_and_left_as_it_is(store):
    store.put("damaged", BytesIO(b"[]"), content_type="application/json")

    with pytest.raises(CellSetsUnusable, match="damaged in cell-sets"):
        BucketDocument(store, "damaged").edit(renamed("x"), seconds=1)
