"""What Python says, in the words of the API."""

import os

import numpy
import pandas
import pytest

from tandem.client.inputs import Inputs
from tandem.client.session import as_json, place
from tandem.client.wishes import command_wish, job_wish, records_of, sweep_wish
from tandem.errors import UsageError


@pytest.fixture
def folder(tmp_path):
    for name in ("data/a.txt", "data/deep/b.txt", "data/.hidden", "c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_a_folder_gives_what_is_in_it_and_a_file_itself(folder):
    given = Inputs.of([folder / "data", str(folder / "c.txt")])

    assert sorted(given.files) == [".hidden", "a.txt", "c.txt", "deep/b.txt"]
    assert given.files["deep/b.txt"].read_text() == "data/deep/b.txt"


def test_addresses_and_sources_are_fetched_by_the_gateway(folder):
    given = Inputs.of(["s3://bucket/key", {"data": "cells", "to": "cells/"}, folder / "c.txt"])

    assert given.sources == [{"url": "s3://bucket/key"}, {"data": "cells", "to": "cells/"}]
    assert list(given.files) == ["c.txt"]


def test_two_files_of_one_name_are_refused(folder):
    (folder / "a.txt").write_text("another")

    with pytest.raises(UsageError, match=r"inputs/a\.txt"):
        Inputs.of([folder / "data", folder / "a.txt"])


def test_what_is_not_there_is_refused(folder):
    (folder / "empty").mkdir()
    (folder / "data" / "broken").symlink_to("nowhere")

    for path, told in (("none", "no file or folder"), ("empty", "no file in the folder"), ("data", "broken link")):
        with pytest.raises(UsageError, match=told):
            Inputs.of(folder / path)


def test_a_name_that_cannot_be_sent_is_refused(folder):
    (folder / os.fsdecode(b"\xff.txt")).touch()
    with pytest.raises(UsageError, match="cannot be called"):
        Inputs.of(folder)


def test_a_link_to_a_folder_is_followed_but_not_around(folder):
    (folder / "linked").mkdir()
    (folder / "linked" / "there").symlink_to(folder / "data")

    assert "there/deep/b.txt" in Inputs.of(folder / "linked").files
    (folder / "data" / "deep" / "back").symlink_to(folder)
    with pytest.raises(UsageError, match="leads back"):
        Inputs.of(folder / "data")


def test_inputs_of_single_jobs_go_under_their_entries(folder):
    files, sources = Inputs.fanned([folder / "data", folder / "c.txt", [folder / "c.txt", folder / "data" / "a.txt"]])

    assert sorted(files) == ["00002/a.txt", "00002/c.txt", "c.txt", "data/.hidden", "data/a.txt", "data/deep/b.txt"]
    assert sources == []
    assert Inputs.fanned([{"data": "x"}, [{"data": "y"}, {"data": "z"}]]) == (
        {},
        [[{"data": "x"}], [{"data": "y"}, {"data": "z"}]],
    )


def test_inputs_of_single_jobs_are_of_one_kind(folder):
    with pytest.raises(UsageError, match="all of this machine, or none"):
        Inputs.fanned([folder / "c.txt", {"data": "x"}])


def test_only_what_was_said_is_sent():
    wish = job_wish({"program": "p"}, {"n": 0}, name=None, force=False, time_limit="1h", after="abc", retries=0)

    assert wish == {"program": "p", "parameters": {"n": 0}, "timeLimit": "1h", "after": ["abc"], "retries": 0}


def test_a_command_is_split_as_by_a_shell():
    assert command_wish("python3 -c 'print(1)'") == {"command": ["python3", "-c", "print(1)"]}


@pytest.mark.parametrize(
    ("command", "told"), [("sh -c 'exit", "No closing quotation"), (" ", "no words"), ([], "no words")]
)
def test_a_command_that_is_none_is_refused(command, told):
    with pytest.raises(UsageError, match=told):
        command_wish(command)


def test_what_has_several_values_is_swept_and_the_rest_is_fixed():
    swept = {"a": range(3), "b": [1], "c": "text", "d": numpy.array([0.5, 1.5]), "e": (x for x in "xy"), "f": 7}
    wish = sweep_wish("p", swept, parameters={"list": [1, 2]}, reduce="q", limit=2)

    assert {name: list(values) for name, values in wish["space"].items()} == {
        "a": [0, 1, 2],
        "b": [1],
        "d": [0.5, 1.5],
        "e": ["x", "y"],
    }
    assert wish["parameters"] == {"list": [1, 2], "c": "text", "f": 7}
    assert wish["reduce"] == {"program": "q"}
    assert wish["limit"] == {"cpuHours": 2}


def test_nothing_to_sweep_over_is_refused():
    with pytest.raises(UsageError, match="'a'"):
        sweep_wish("p", {"a": []})


def test_arms_are_spaces_of_their_own():
    assert sweep_wish("p", {}, arms=[{"a": range(2), "b": 1}])["arms"] == [{"a": [0, 1], "b": [1]}]


def test_cases_may_be_a_table():
    table = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})

    assert as_json(records_of(table)) == '[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]'


def test_numbers_of_numpy_are_sent_as_numbers():
    assert as_json({"a": numpy.int64(3), "b": numpy.arange(2), "c": list(numpy.arange(2.0))}) == (
        '{"a": 3, "b": [0, 1], "c": [0.0, 1.0]}'
    )


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(UsageError, match="cannot be sent"):
        as_json({"a": value})


def test_a_path_keeps_the_folders_of_its_last_part_alone():
    assert place("jobs", "a/b", "results", "deep/näh me?.csv") == "/jobs/a%2Fb/results/deep/n%C3%A4h%20me%3F.csv"
