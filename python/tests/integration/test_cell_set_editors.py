"""What every editor of cell sets promises, and what each of the two has of its own."""

import fcntl
import json
import logging
import os
import stat
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from fixtures.surroundings import CLASSES, TOKEN, cell_class, cell_set
from tandem import durable
from tandem.errors import CellSetsNotChanged, CellSetsUnavailable
from tandem.experiments import api_editor, local_editor
from tandem.experiments.api_editor import ApiEditor
from tandem.experiments.changes import CellClass, CellSet, InsertSet, ReplaceClass
from tandem.experiments.editor import open_editor
from tandem.experiments.local_editor import LocalEditor
from tandem.experiments.source import LocalSource
from tandem.settings import Settings


def clusters(*children, key="louvain", at="start"):
    return ReplaceClass(CellClass.model_validate(cell_class(key, *children)), at)


def one_set(key="new", cells=(7,)):
    return InsertSet(CellSet.model_validate({"key": key, "name": "A>1", "color": "#fff", "cellIds": list(cells)}))


def make(editor, change, authorization=TOKEN, seconds=60.0):
    editor.make(change, experiment="small", authorization=authorization, seconds=seconds)


@pytest.fixture
def api(experiment_api, cell_sets_file):
    """The editor through the API."""
    return ApiEditor(experiment_api.url, LocalSource(cell_sets_file.parent))


@pytest.fixture(params=["local", "api"])
def editor(request, cell_sets_file):
    return LocalEditor(cell_sets_file.parent) if request.param == "local" else request.getfixturevalue("api")


@pytest.fixture
def classes(cell_sets_file):
    return lambda: json.loads(cell_sets_file.read_text())["cellSets"]


@pytest.fixture
def write(cell_sets_file):
    return lambda classes: cell_sets_file.write_text(json.dumps({"cellSets": classes}))


@pytest.mark.parametrize(("at", "order"), [("start", 0), ("end", -1)])
def test_a_class_takes_the_place_of_its_older_self(editor, classes, at, order):
    new = cell_class("louvain", cell_set("leiden-0", [5, 6]), cell_set("leiden-1", []), name="leiden clusters")

    make(editor, ReplaceClass(CellClass.model_validate(new), at))

    assert classes()[order] == new
    assert sorted(group["key"] for group in classes()) == ["louvain", "sample", "scratchpad"]


@pytest.mark.parametrize(("at", "order"), [("start", 0), ("end", -1)])
def test_a_class_that_was_not_there_is_added(editor, classes, at, order):
    make(editor, clusters(cell_set("Phase-G1", [1]), key="Phase", at=at))

    assert classes()[order]["key"] == "Phase"
    assert [group for group in classes() if group["key"] != "Phase"] == CLASSES


def test_a_set_comes_after_the_others_of_the_scratchpad(editor, classes):
    make(editor, one_set())

    expected = {"key": "new", "name": "A>1", "rootNode": False, "color": "#fff", "cellIds": [7]}
    assert classes()[1]["children"] == [*CLASSES[1]["children"], expected]
    assert [classes()[0], classes()[2]] == [CLASSES[0], CLASSES[2]]


@pytest.mark.parametrize("change", [clusters(cell_set("leiden-0", [5])), one_set()], ids=["class", "set"])
def test_a_change_made_twice_is_the_same_as_one_made_once(editor, classes, change):
    make(editor, change)
    once = classes()
    make(editor, change)

    assert classes() == once


def test_a_set_is_not_lost_where_there_is_no_scratchpad(editor, classes, write):
    write([CLASSES[0]])

    make(editor, one_set("first"))
    make(editor, one_set("second"))

    scratchpad = classes()[-1]
    assert (scratchpad["key"], scratchpad["name"]) == ("scratchpad", "Custom cell sets")
    assert [child["key"] for child in scratchpad["children"]] == ["first", "second"]


@pytest.mark.parametrize("cells", [[], [4], list(range(100_000))], ids=["none", "one", "many"])
def test_cells_are_an_array_at_every_length(editor, classes, cells):
    make(editor, clusters(cell_set("louvain-0", cells)))
    make(editor, one_set(cells=cells))

    assert classes()[0]["children"][0]["cellIds"] == cells
    assert classes()[1]["children"][-1]["cellIds"] == cells


def test_the_source_sees_each_change_at_once(editor, cell_sets_file):
    source = LocalSource(cell_sets_file.parent)
    for number in range(20):
        make(editor, clusters(cell_set("louvain-0", [number % 10])))
        assert source.cell_sets().ids("louvain") == {number % 10}


# the API


def test_the_api_is_asked_exactly_as_it_knows_it(api, experiment_api):
    make(api, clusters(cell_set("louvain-0", [0, 1]), at="start"))
    make(api, clusters(key="CASSIA-1", at="end"))
    make(api, one_set())

    [first, second, third] = experiment_api.asked
    experiment, headers, body = first
    assert experiment == "small"
    assert headers["Content-Type"] == "application/boschni-json-merger+json"
    assert headers["Authorization"] == TOKEN
    assert body == [
        {"$match": {"query": '$[?(@.key == "louvain")]', "value": {"$remove": True}}},
        {"$prepend": cell_class("louvain", cell_set("louvain-0", [0, 1]))},
    ]
    assert second[2] == [
        {"$match": {"query": '$[?(@.key == "CASSIA-1")]', "value": {"$remove": True}}},
        {"$append": cell_class("CASSIA-1")},
    ]
    new = {"key": "new", "name": "A>1", "rootNode": False, "color": "#fff", "cellIds": [7]}
    insert = {"children": [{"$insert": {"index": "-", "value": new}}]}
    assert third[2] == [{"$match": {"query": '$[?(@.key == "scratchpad")]', "value": insert}}]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_trouble_that_may_pass_is_said_to_be_so(api, experiment_api, classes, status):
    experiment_api.faults = [status]
    experiment_api.message = "the bucket is away"

    with pytest.raises(CellSetsUnavailable, match=rf"{status}.*the bucket is away"):
        make(api, clusters())

    assert classes() == CLASSES
    make(api, clusters())
    assert classes()[0]["children"] == []


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 413, 422])
def test_a_refusal_is_told_with_the_apis_reason_and_without_the_token(api, experiment_api, caplog, status):
    caplog.set_level(logging.DEBUG)
    experiment_api.faults = [status]
    experiment_api.message = f"not with {TOKEN} nor {TOKEN.split()[1]}\n\x1b[31m" + "x" * 5000

    with pytest.raises(CellSetsNotChanged, match=rf"{status}.*not with") as refused:
        make(api, clusters())

    assert TOKEN.split()[1] not in str(refused.value) + caplog.text
    assert len(str(refused.value)) < 500
    assert "\n" not in str(refused.value)
    assert len(experiment_api.asked) == 0, "a redirection is not followed"


@pytest.mark.parametrize(
    ("authorization", "sent"), [(TOKEN, TOKEN), (TOKEN.split()[1], TOKEN), ("Basic abc", "Basic abc")]
)
def test_the_callers_token_is_handed_on(api, experiment_api, authorization, sent):
    experiment_api.token = sent

    make(api, clusters(), authorization)

    assert experiment_api.asked[0][1]["Authorization"] == sent


@pytest.mark.parametrize("authorization", [None, "", "Bearer a\r\nX-Evil: 1", "Bearer ü", " "])
def test_a_request_without_a_usable_token_does_not_reach_the_api(api, experiment_api, authorization):
    with pytest.raises(CellSetsNotChanged, match="authorization") as refused:
        make(api, clusters(), authorization)

    assert "Evil" not in str(refused.value)
    assert experiment_api.asked == []


def test_what_lies_in_the_surroundings_does_not_take_the_tokens_place(api, experiment_api, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    make(api, clusters())

    assert experiment_api.asked[0][1]["Authorization"] == TOKEN


@pytest.mark.parametrize("change", [clusters(cell_set("leiden-0", [5])), one_set()], ids=["class", "set"])
def test_a_connection_cut_after_the_change_is_no_reason_to_make_it_twice(api, experiment_api, classes, change):
    experiment_api.faults = ["cut"]

    with pytest.raises(CellSetsUnavailable):
        make(api, change)
    changed = classes()
    assert changed != CLASSES
    make(api, change)

    assert classes() == changed


def test_an_api_that_is_silent_or_away_is_given_up(api, experiment_api, monkeypatch):
    monkeypatch.setattr(api_editor, "READ_S", 0.2)
    experiment_api.faults = ["hang"]
    with pytest.raises(CellSetsUnavailable, match="in time"):
        make(api, clusters())
    experiment_api.close()
    with pytest.raises(CellSetsUnavailable, match="cannot be reached"):
        make(api, clusters())


def test_a_silent_api_is_waited_for_no_longer_than_the_caller_waits(api, experiment_api):
    experiment_api.faults = ["hang"]
    started = time.monotonic()

    with pytest.raises(CellSetsUnavailable, match="in time"):
        make(api, clusters(), seconds=0.3)

    assert time.monotonic() - started < 5


def test_a_silent_api_holds_up_no_other_change_for_long(api, experiment_api, monkeypatch):
    monkeypatch.setattr(api_editor, "WAIT_S", 0.1)
    monkeypatch.setattr(api_editor, "READ_S", 2.0)
    experiment_api.faults = ["hang"]
    ends = []

    def wait_in_vain():
        with pytest.raises(CellSetsUnavailable):
            make(api, clusters())
        ends.append("waited")

    waiting = threading.Thread(target=wait_in_vain)
    waiting.start()
    while experiment_api.faults:
        time.sleep(0.01)
    with pytest.raises(CellSetsUnavailable, match="busy"):
        make(api, clusters())
    assert ends == []
    waiting.join()
    make(api, clusters())


def test_changes_go_to_the_api_one_after_another(api, classes):
    """It reads, merges and writes without a lock."""
    threads = [threading.Thread(target=make, args=[api, one_set(f"set-{number}")]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(classes()[1]["children"]) == 9


# the file


@pytest.fixture
def local(cell_sets_file):
    return LocalEditor(cell_sets_file.parent)


INSERT_MANY = """
    import sys
    from pathlib import Path
    from tandem.experiments.changes import CellSet, InsertSet
    from tandem.experiments.local_editor import LocalEditor

    editor = LocalEditor(Path(sys.argv[1]))
    for number in range(25):
        new = CellSet(key=f"{sys.argv[2]}-{number}", name="new", color="#fff", cell_ids=[number])
        editor.make(InsertSet(new), experiment="small", authorization=None, seconds=60.0)
"""


def test_changes_of_several_processes_all_survive_and_readers_always_find_a_whole_file(cell_sets_file, classes):
    script = textwrap.dedent(INSERT_MANY)
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(cell_sets_file.parent), name]) for name in ("a", "b", "c")
    ]
    looks = 0
    while any(process.poll() is None for process in processes):
        assert json.loads(cell_sets_file.read_bytes())["more"] == "kept"
        looks += 1
        time.sleep(0.001)

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert looks > 10
    assert len(classes()[1]["children"]) == 1 + 75


def test_what_else_stands_in_the_file_is_kept(local, cell_sets_file):
    cell_sets_file.chmod(0o640)
    make(local, one_set())

    assert json.loads(cell_sets_file.read_text())["more"] == "kept"
    assert stat.S_IMODE(cell_sets_file.stat().st_mode) == 0o640
    assert sorted(path.name for path in cell_sets_file.parent.iterdir()) == [".cell_sets.json.lock", "cell_sets.json"]


def test_a_class_whose_children_are_null_takes_its_first_set_as_analyses_read_it(local, cell_sets_file, write, classes):
    write([{"key": "scratchpad", "name": "Custom cell sets", "children": None}])
    assert LocalSource(cell_sets_file.parent).cell_sets().ids("scratchpad") == frozenset()

    make(local, one_set())

    assert [child["key"] for child in classes()[0]["children"]] == ["new"]


def test_a_process_that_died_while_writing_is_in_nobodys_way(local, cell_sets_file, classes):
    (cell_sets_file.parent / ".cell_sets.json.new").write_text('{"cellSets": [')

    make(local, one_set())

    assert classes()[1]["children"][-1]["key"] == "new"


def test_a_change_that_takes_too_long_is_not_waited_for_for_ever(local, cell_sets_file, classes, monkeypatch):
    monkeypatch.setattr(local_editor, "LOCK_S", 0.1)
    with (cell_sets_file.parent / ".cell_sets.json.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CellSetsUnavailable, match="another process"):
            make(local, one_set())
    assert classes() == CLASSES
    make(local, one_set())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"cellSets": {}}',
        '{"cellSets": [5]}',
        '{"cellSets": [{"name": "n"}]}',
        '{"cellSets": [{"key": 5}]}',
    ],
)
def test_a_file_that_holds_no_cell_sets_is_left_as_it_is(local, cell_sets_file, text):
    cell_sets_file.write_text(text)

    with pytest.raises(CellSetsNotChanged, match=r"cell_sets\.json"):
        make(local, one_set())

    assert cell_sets_file.read_text() == text


def test_a_missing_file_is_named(local, cell_sets_file):
    cell_sets_file.unlink()

    with pytest.raises(CellSetsNotChanged, match=r"cell_sets\.json: No such file"):
        make(local, one_set())


def test_a_disk_that_takes_no_more_is_said_and_the_file_stays(local, cell_sets_file, classes, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(durable.os, "fsync", full)

    with pytest.raises(CellSetsNotChanged, match="No space left"):
        make(local, one_set())

    assert classes() == CLASSES
    assert not (cell_sets_file.parent / ".cell_sets.json.new").exists()


# which of the two


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"store_url": "file:///tmp/store"}, LocalEditor),
        ({"store_url": "file:///tmp/store", "api_url": "http://api:3000"}, ApiEditor),
        ({"store_url": "s3://"}, ApiEditor),
        ({}, ApiEditor),
    ],
)
def test_the_settings_choose(tmp_path, given, kind):
    assert isinstance(open_editor(Settings(**given), tmp_path, LocalSource(tmp_path)), kind)
