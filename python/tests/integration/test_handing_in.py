"""Jobs and sweeps as they are handed in: what is kept of them, and that nothing is kept of what is refused."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from fixtures.runner import Runners
from tandem.errors import JobRefused, LimitsImpossible, QueueMissing, TandemError
from tandem.jobs import dispatch
from tandem.jobs.inputs.manifest import Entry, Manifest
from tandem.jobs.programs.library import Library
from tandem.jobs.submission import Desk
from tandem.jobs.wishes import MOST_JOBS, JobWish, SweepWish
from tandem.records.jobs import JobsWanted
from tandem.states import State

NUMBERS = 'inputs.files = ["*.txt"]\n[parameters.a]\ntype = "integer"\nminimum = 0\n[parameters.b]\ndefault = "x"\n'
PLAIN = '[parameters.a]\ntype = "integer"\ndefault = 1\n[parameters.b]\ndefault = "x"\n'


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Runners]:
    """A desk where nobody takes the jobs."""
    place = Runners(tmp_path, "redis://127.0.0.1:1")
    place.program("plain", "", PLAIN)
    place.program("reader", "", NUMBERS)
    place.program("alone", "", "max_parallel = 1\n")
    place.program("studies", "", "experiment = true\n")
    yield place
    place.close()


def files(place: Runners, *names: str) -> Manifest:
    """Files that somebody has sent, each with its name as its content."""
    entries = []
    for name in names:
        digest, size = place.desk.gathering.blobs.keep(BytesIO(name.encode()))
        entries.append(Entry(name, digest, size))
    return Manifest(entries)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"program": "nothing"}, "program"),
        ({"program": "../plain"}, "program"),
        ({"program": "reader"}, "a"),
        ({"program": "reader", "parameters": {"a": -1}}, "a"),
        ({"program": "reader", "parameters": {"a": "one"}}, "a"),
        ({"program": "reader", "parameters": {"a": float("nan")}}, "a"),
        ({"program": "plain", "parameters": {"c": 1}}, "c"),
        ({"program": "plain", "parameters": {"b": "nul \0"}}, "b"),
        ({"program": "plain", "parameters": {"b": "\ud800"}}, "b"),
        ({"program": "reader", "parameters": {"a": 1}}, "*.txt"),
        ({"program": "plain", "after": ["00000000"]}, "after"),
        ({"program": "plain", "inputs": [{"job": "00000000"}]}, "inputs"),
        ({"program": "plain", "experiment": "demo"}, "experiment"),
        ({"program": "studies"}, "experiment"),
        ({"program": "studies", "experiment": "../demo"}, "experiment"),
        ({"program": "plain", "cpus": 64}, "cpus"),
        ({"program": "plain", "memory": "900GB"}, "memory"),
        ({"program": "plain", "gpus": 1}, "gpus"),
        ({"program": "plain", "queue": "far"}, "queue"),
        ({"program": "alone", "queue": "other"}, "queue"),
    ],
)
def test_what_is_refused_says_where_and_leaves_nothing(place: Runners, wish: dict[str, object], field: str) -> None:
    seen(place, queues=("default", "other"))

    with pytest.raises(JobRefused) as refused:
        place.submit(**wish)
    assert refused.value.facts["field"] == field
    if not {"after", "inputs"} & set(wish):
        with pytest.raises(JobRefused):
            place.desk.sweep(SweepWish.model_validate({**wish, "program": wish["program"]}))
    with pytest.raises(JobRefused):
        place.sweep("plain", space={"a": [1, 2]}, reduce={"program": str(wish["program"]), "parameters": {"zz": 1}})
    assert_empty(place)


def test_inputs_come_neither_from_the_bucket_of_jobs_nor_from_one_that_is_not_named(place: Runners) -> None:
    settings = place.settings.model_copy(update={"url_buckets": ("given",)})
    desks = (place.desk, Desk(settings, place.records, place.store, Library(settings.programs)))
    left = {"program": "plain", "inputs": [{"url": f"s3://{place.store.bucket}/runs/00000000/results/"}]}
    for desk in desks:
        with pytest.raises(JobRefused, match="read by their ids"):
            desk.submit(JobWish.model_validate(left))
    with pytest.raises(JobRefused, match="from the buckets given"):
        desks[1].submit(JobWish.model_validate(left | {"inputs": [{"url": "s3://other/key"}]}))
    for url, said in ((f"s3://{place.store.bucket}/x.zip", "read by their ids"), ("s3://other/x.zip", "buckets given")):
        with pytest.raises(JobRefused, match=said):
            desks[1].gathering.unpacked(url)
    assert_empty(place)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"space": {"a": [1, "two"]}}, "a"),
        ({"space": {"a": [1], "zz": [1]}}, "zz"),
        ({"space": {"a": list(range(MOST_JOBS + 1))}}, "space"),
        ({"fan_out_files": True}, "files"),
        ({"reduce": {"program": "none"}}, "program"),
        ({"fan_out": [[{"data": "none"}]]}, None),
    ],
)
def test_a_sweep_that_is_refused_leaves_nothing(place: Runners, wish: dict[str, object], field: str | None) -> None:
    with pytest.raises(TandemError) as refused:
        place.sweep("plain", **wish)
    if field:
        assert refused.value.facts["field"] == field
    assert_empty(place)


def test_what_no_runner_has_waits_for_one_that_may_come(place: Runners) -> None:
    assert place.submit("true", cpus=64).state is State.QUEUED
    seen(place)
    with pytest.raises(LimitsImpossible, match="64"):
        place.submit("true", cpus=64)


def test_commands_are_for_those_who_allow_them(tmp_path: Path) -> None:
    place = Runners(tmp_path, "redis://127.0.0.1:1", TANDEM_COMMANDS="false")
    with pytest.raises(JobRefused, match="TANDEM_COMMANDS"):
        place.submit("true")
    assert_empty(place)
    place.close()


def test_each_input_meets_each_case(place: Runners) -> None:
    uploaded = [files(place, "one.txt"), files(place, "two.txt")]
    wish = SweepWish.model_validate(
        {"program": "reader", "space": {"a": [1, 2]}, "fanOutFiles": True, "name": "all", "tags": {"who": "me"}}
    )
    group = place.desk.sweep(wish, "me", uploaded)

    jobs = place.records.jobs.find(JobsWanted(group_id=group.group_id, owner="me"))
    assert [(job.name, job.tags["input"], job.parameters["a"]) for job in reversed(jobs)] == [
        ("all input=0 a=1", "0", 1),
        ("all input=0 a=2", "0", 2),
        ("all input=1 a=1", "1", 1),
        ("all input=1 a=2", "1", 2),
    ]
    assert {job.tags["who"] for job in jobs} == {"me"}
    assert [place.records.jobs.entries(jobs[at].input_hash)[0]["path"] for at in (0, -1)] == ["two.txt", "one.txt"]
    assert place.depth() == (4, 0)


def test_files_for_all_go_to_each_job(place: Runners) -> None:
    wish = SweepWish.model_validate({"program": "reader", "space": {"a": [1, 2]}})
    group = place.desk.sweep(wish, "", [files(place, "one.txt"), files(place, "two.txt")])

    [first, second] = place.records.jobs.find(JobsWanted(group_id=group.group_id))
    assert first.input_hash == second.input_hash
    assert len(place.records.jobs.entries(first.input_hash)) == 2


def test_odd_values_come_through(place: Runners) -> None:
    odd = ["ä\n\tb", "x" * 5000, "{output}", "'; DROP TABLE jobs; --", 1e300, [1, {"a": None}], "", " "]
    group = place.sweep("plain", space={"b": odd})

    jobs = place.records.jobs.find(JobsWanted(group_id=group.group_id))
    assert [job.parameters["b"] for job in reversed(jobs)] == odd
    assert all(job.name.isprintable() for job in jobs)


def test_part_of_a_sweep_may_be_done_already(place: Runners) -> None:
    first = place.submit(program="plain", parameters={"a": 1})
    place.records.runs.started(first.run_id, attempt=1)
    place.records.runs.finished(first.run_id, State.COMPLETE)

    group = place.sweep("plain", space={"a": [1, 2]})
    forced = place.sweep("plain", space={"a": [1, 2]}, force=True)
    assert place.records.groups.counts([group.group_id, forced.group_id]) == {
        group.group_id: {State.COMPLETE: 1, State.QUEUED: 1},
        forced.group_id: {State.QUEUED: 2},
    }


def test_who_waits_sees_only_jobs_of_their_own(place: Runners) -> None:
    mine = place.desk.submit(JobWish.model_validate({"program": "plain"}), "me")
    wish = JobWish.model_validate({"program": "plain", "after": [mine.run_id], "force": True})

    with pytest.raises(JobRefused, match="there is no job"):
        place.desk.submit(wish, "you")
    assert place.desk.submit(wish, "me").sent_at is None
    assert place.desk.submit(wish, "").sent_at is None


def seen(place: Runners, queues: tuple[str, ...] = ("default",)) -> None:
    """A runner was here a moment ago."""
    facts = {"host": "here", "cpus": 2.0, "memory_bytes": 4 << 30, "gpus": 0}
    place.records.runners.seen(f"runner-{datetime.now(UTC)}", queues=queues, **facts)  # type: ignore[arg-type]


def assert_empty(place: Runners) -> None:
    assert place.records.jobs.find() == []
    assert place.records.groups.find() == []
    with closing(sqlite3.connect(place.folder / "record.sqlite")) as record:
        assert record.execute("SELECT * FROM manifests").fetchall() == []
    assert list(place.store.list()) == []
    assert place.depth() == (0, 0)


def test_a_job_whose_equal_is_deleted_this_very_moment_is_run(place: Runners, monkeypatch: pytest.MonkeyPatch) -> None:
    done = place.submit(program="plain")
    place.records.runs.started(done.run_id, attempt=1)
    place.records.runs.finished(done.run_id, State.COMPLETE)
    equal = place.records.jobs.equal

    def then_deleted(keys: list[str], owner: str) -> object:
        found = equal(keys, owner)
        place.records.jobs.delete(done.run_id)
        return found

    monkeypatch.setattr(place.records.jobs, "equal", then_deleted)
    job = place.submit(program="plain")
    assert (job.cached_from, job.state) == (None, State.QUEUED)


def test_who_hands_in_the_same_twice_has_one_job(place: Runners) -> None:
    wish = JobWish.model_validate({"program": "plain"})
    first = place.desk.submit(wish, run_id="1234-5678")

    assert place.desk.submit(wish, run_id="1234-5678") == place.job(first.run_id)
    assert place.records.jobs.count() == 1


def test_jobs_whose_queue_is_not_there_yet_hold_up_no_others(place: Runners, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "AT_ONCE", 2)
    there = dispatch.open_job_queue
    monkeypatch.setattr(
        dispatch, "open_job_queue", lambda settings, *at: Gone() if at[0] == "far" else there(settings, *at)
    )
    far = [place.submit(program="plain", queue="far", priority=name, force=True) for name in ("low", "high", "high")]
    near = [place.submit(program="plain", force=True) for _ in range(3)]

    assert [place.job(job.run_id).sent_at is not None for job in (*far, *near)] == 3 * [False] + 3 * [True]
    assert place.depth() == (3, 0)


class Gone:
    """A queue that nobody has made."""

    def send_all(self, _messages: object) -> None:
        raise QueueMissing(queue="far")
