"""What the record of jobs promises, held against SQLite and PostgreSQL."""

import threading
from dataclasses import replace

import pytest

from helpers.job_records import ENTRIES, NEW, SPEC, add, end, ids, side_by_side
from tandem.errors import IllegalMove, RunKnown, RunUnknown
from tandem.records.bundle import Records
from tandem.records.groups import NewGroup, state_of
from tandem.records.jobs import Facts
from tandem.states import State

#: Tags that mean something in SQL, in JSON paths and in patterns.
ODD_TAGS = {"a.b": "1", 'quo"te': "2", "it's": "%", "$[0]": "_", "back\\slash": "\\", "": " ", "ä ö": "ü"}


def test_a_job_comes_back_as_it_was_put_in(records: Records) -> None:
    new = replace(NEW, parameters={"a": [1, {"ü": None}]}, tags={"k": "v"}, input_hash="h", needs=("other",))
    records.jobs.add([new], [("h", ENTRIES)])
    job = records.jobs.get("run")

    assert (job.name, job.parameters, job.tags, job.spec) == ("a name", new.parameters, {"k": "v"}, SPEC)
    assert (job.state, job.attempt, job.sent_at, job.ended) == (State.QUEUED, 1, None, None)
    assert records.jobs.entries("h") == ENTRIES
    assert records.jobs.needs(["run"]) == {"run": ["other"]}
    assert records.jobs.find() == [job]
    with pytest.raises(RunUnknown, match="ghost"):
        records.jobs.get("ghost")


def test_all_are_added_or_none(records: Records) -> None:
    add(records, "one")
    group = NewGroup("g", "g", "p", "me")
    with pytest.raises(RunKnown, match="'one'"):
        records.jobs.add(
            [replace(NEW, run_id="two", group_id="g"), replace(NEW, run_id="one")], [("h", ENTRIES)], group
        )

    assert ids(records) == ["one"]
    assert records.jobs.entries("h") == []
    assert records.groups.find() == []


def test_the_same_inputs_are_kept_once_however_many_add_them(records: Records) -> None:
    def put(number: int) -> None:
        records.jobs.add([replace(NEW, run_id=f"job-{number}", input_hash="h")], [("h", ENTRIES)])

    side_by_side(put, 8)
    assert len(ids(records)) == 8
    records.data_sets.add("numbers", "h", ENTRIES)
    assert records.data_sets.get("numbers").size == 7


def test_jobs_are_found_by_all_that_is_known_of_them(records: Records) -> None:
    add(records, "one", name="First 100%", program="other", tags={"a": "1"})
    add(records, "two", owner="you", tags={"a": "1", "b": "2"})
    add(records, "three", "four", group="g")
    end(records, "two", State.FAILED)

    assert ids(records) == ["four", "three", "two", "one"]
    assert ids(records, states=[State.FAILED, State.KILLED]) == ["two"]
    assert ids(records, program="other") == ["one"]
    assert ids(records, owner="you") == ["two"]
    assert ids(records, group_id="g") == ["four", "three"]
    assert ids(records, tags={"a": "1"}) == ["two", "one"]
    assert ids(records, tags={"a": "1", "b": "2"}) == ["two"]
    assert ids(records, tags={"a": "2"}) == []
    assert ids(records, search="FIRST 100%") == ["one"]
    assert ids(records, search="0%_") == []
    assert ids(records, search="TH") == ["three"]
    queued = records.jobs.get("three").queued_at
    assert ids(records, since=queued) == ["four", "three"]
    assert ids(records, until=queued) == ["two", "one"]
    assert ids(records, since=queued, states=[State.QUEUED], group_id="g", search="a name") == ["four", "three"]


def test_tags_may_be_called_anything(records: Records) -> None:
    add(records, "odd", tags=ODD_TAGS)
    add(records, "plain", tags={"a": "1"})

    for name, value in ODD_TAGS.items():
        assert ids(records, tags={name: value}) == ["odd"]
        assert ids(records, tags={name: f"{value}x"}) == []
    assert records.jobs.get("odd").tags == ODD_TAGS


def test_pages_follow_each_other_while_jobs_come_and_go(records: Records) -> None:
    add(records, *(f"job-{number}" for number in range(5)))
    first = records.jobs.find(limit=2)
    end(records, "job-2")
    records.jobs.delete("job-2")
    add(records, "new")

    assert [job.run_id for job in records.jobs.find(limit=2, before=first[-1].number)] == ["job-1", "job-0"]


def test_a_number_is_not_given_twice(records: Records) -> None:
    add(records, "one")
    number = records.jobs.get("one").number
    end(records, "one")
    records.jobs.delete("one")
    add(records, "two")

    assert records.jobs.get("two").number > number


def test_equal_jobs_are_found_for_their_owner_alone(records: Records) -> None:
    add(records, "one", "two", "three", key="k")
    add(records, "other", key="other", owner="you")
    for run_id in ("one", "two", "other"):
        end(records, run_id)
    end(records, "three", State.FAILED)

    assert {key: job.run_id for key, job in records.jobs.equal(["k", "other", "none"], "me").items()} == {"k": "two"}
    many = [f"no-{number}" for number in range(1200)]
    assert set(records.jobs.equal([*many, "other"], "you")) == {"other"}


def test_a_cached_job_is_complete_from_its_beginning(records: Records) -> None:
    add(records, "one")
    end(records, "one")
    add(records, "two", cached_from="one", findings={"a": 1})
    job = records.jobs.get("two")

    assert (job.state, job.result_prefix, job.findings) == (State.COMPLETE, "runs/one/", {"a": 1})
    assert records.jobs.ready(10) == []
    assert [job.run_id for job in records.jobs.ended_after(0, 10)] == ["one", "two"]


def test_who_reads_ends_on_and_on_misses_none_of_many_writers(records: Records) -> None:
    names = [f"job-{writer}-{number}" for writer in range(4) for number in range(15)]
    add(records, *names, "killed-1", "killed-2")
    seen: list[str] = []
    over = threading.Event()

    def read() -> None:
        cursor = 0
        while not over.is_set() or records.jobs.last_ended() > cursor:
            for job in records.jobs.ended_after(cursor, 7):
                assert job.ended is not None
                cursor = job.ended
                seen.append(job.run_id)

    def write(writer: int) -> None:
        for number in range(15):
            end(records, f"job-{writer}-{number}", State.FAILED if number % 3 else State.COMPLETE)

    reader = threading.Thread(target=read)
    reader.start()
    side_by_side(write, 4)
    records.runs.request_kill("killed-1")
    records.runs.request_kills(["killed-2", "killed-1", "ghost"])
    over.set()
    reader.join()
    assert sorted(seen) == sorted([*names, "killed-1", "killed-2"])
    assert seen[-2:] == ["killed-1", "killed-2"]


def test_ends_are_told_to_their_owner(records: Records) -> None:
    add(records, "one")
    add(records, "two", owner="you")
    end(records, "one")
    end(records, "two")
    records.runs.finished("two", State.COMPLETE)

    assert [job.run_id for job in records.jobs.ended_after(0, 10, "you")] == ["two"]
    assert records.jobs.last_ended() == records.jobs.get("two").ended


def test_a_job_is_ready_when_all_it_needs_is_complete(records: Records) -> None:
    add(records, "one", "two")
    add(records, "last", needs=("one", "two"))
    assert [job.run_id for job in records.jobs.ready(10)] == ["one", "two"]
    assert [job.run_id for job in records.jobs.ready(1)] == ["one"]
    records.jobs.sent(["one", "two"])
    end(records, "one")
    assert records.jobs.ready(10) == []
    assert records.jobs.waiting_for(["last", "one"]) == {"last": ["two"]}

    end(records, "two")
    assert [job.run_id for job in records.jobs.ready(10)] == ["last"]
    assert records.jobs.hopeless(10) == []
    records.jobs.sent(["last"])
    assert records.jobs.ready(10) == []


@pytest.mark.parametrize("state", [State.FAILED, State.KILLED, State.EXPIRED])
def test_a_job_that_needs_one_that_failed_is_hopeless(records: Records, state: State) -> None:
    add(records, "one")
    add(records, "last", needs=("one",))
    end(records, "one", state)

    assert records.jobs.hopeless(10) == [("last", "one", state)]
    assert [job.run_id for job in records.jobs.ready(10)] == []
    records.runs.finished("last", State.FAILED)
    assert records.jobs.hopeless(10) == []


def test_a_job_that_needs_a_deleted_one_is_hopeless(records: Records) -> None:
    add(records, "one")
    add(records, "last", needs=("one",))
    end(records, "one", State.FAILED)
    records.jobs.delete("one")

    assert records.jobs.hopeless(10) == [("last", "one", None)]
    assert records.jobs.ready(10) == []
    assert records.jobs.waiting_for(["last"]) == {"last": ["one"]}


def test_results_stay_for_as_long_as_a_job_needs_them(records: Records) -> None:
    add(records, "one")
    end(records, "one")
    add(records, "two", "three", cached_from="one")

    assert records.jobs.delete("one") == []
    assert records.jobs.delete("three") == []
    assert records.jobs.delete("two") == ["runs/one/"]
    assert ids(records) == []
    assert records.runs.attempts("one") == []


def test_what_attempts_use_is_added_up(records: Records) -> None:
    add(records, "run")
    records.runs.started("run", attempt=1)
    records.jobs.note("run", Facts(phase="run", exit_code=1, cpu_s=1.5, wall_s=2.0, peak_bytes=10))
    records.runs.requeued("run", reason="again")
    records.runs.started("run", attempt=2)
    records.runs.finished("run", State.COMPLETE, facts=Facts(phase="collect", exit_code=0, cpu_s=0.5, wall_s=1.0))
    job = records.jobs.get("run")

    assert (job.phase, job.exit_code, job.cpu_s, job.wall_s, job.peak_bytes) == ("collect", 0, 2.0, 3.0, 10)
    records.jobs.note("run", Facts())


def test_a_group_counts_its_jobs_and_what_they_use(records: Records) -> None:
    add(records, "one", "two", "three", group="g")
    add(records, "alone")
    records.runs.started("one", attempt=1)
    records.groups.spend("g", cpu_s=3600, gpu_s=7200)
    end(records, "two")

    group = records.groups.get("g")
    assert (group.total, group.name, group.owner) == (3, "g", "me")
    assert records.groups.counts(["g", "none"]) == {
        "g": {State.QUEUED: 1, State.RUNNING: 1, State.COMPLETE: 1},
        "none": {},
    }
    used = records.groups.used("g")
    assert 1 <= used.cpu_hours < 1.01
    assert 2 <= used.gpu_hours < 2.01
    assert records.groups.members("g") == ["one", "two", "three"]
    assert records.groups.members("g", [State.QUEUED, State.COMPLETE]) == ["two", "three"]
    bars = records.groups.timeline("g")
    assert [(bar.run_id, bar.state, bar.started_at is None) for bar in bars] == [
        ("one", State.RUNNING, False),
        ("two", State.COMPLETE, False),
        ("three", State.QUEUED, True),
    ]
    assert bars[1].finished_at == records.jobs.get("two").finished_at
    assert records.jobs.by_state() == {State.QUEUED: 2, State.RUNNING: 1, State.COMPLETE: 1}
    assert records.jobs.by_state("you") == {}
    with pytest.raises(RunUnknown):
        records.groups.get("none")


def test_a_deleted_job_leaves_its_group(records: Records) -> None:
    add(records, "one", "two", group="g")
    end(records, "one")
    records.jobs.delete("one")

    assert records.groups.get("g").total == 1
    assert records.groups.counts(["g"]) == {"g": {State.QUEUED: 1}}


def test_a_job_that_is_run_again_takes_the_place_of_the_first(records: Records) -> None:
    add(records, "one", "two", group="g")
    end(records, "one", State.FAILED)
    records.jobs.add([replace(NEW, run_id="again", group_id="g", retry_of="one")])

    assert records.groups.get("g").total == 2
    assert records.groups.members("g") == ["two", "again"]
    assert records.groups.counts(["g"]) == {"g": {State.QUEUED: 2}}
    assert records.jobs.get("one").group_id is None


def test_groups_are_listed_newest_first(records: Records) -> None:
    for name in ("a", "b", "c"):
        add(records, f"job-{name}", group=name)

    assert [group.group_id for group in records.groups.find(limit=2)] == ["c", "b"]
    last = records.groups.find(limit=2)[-1].number
    assert [group.group_id for group in records.groups.find(before=last)] == ["a"]
    assert (records.groups.count(), records.groups.count("you"), records.groups.find("you")) == (3, 0, [])
    records.groups.delete("b")
    assert records.groups.count("me") == 2


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({State.QUEUED: 2}, State.QUEUED),
        ({State.QUEUED: 1, State.COMPLETE: 1}, State.RUNNING),
        ({State.RUNNING: 1, State.FAILED: 1}, State.RUNNING),
        ({State.COMPLETE: 2}, State.COMPLETE),
        ({State.COMPLETE: 2, State.FAILED: 1, State.KILLED: 1}, State.FAILED),
        ({State.COMPLETE: 2, State.KILLED: 1}, State.KILLED),
        ({}, State.COMPLETE),
    ],
)
def test_a_group_stands_as_its_jobs_do(counts: dict[State, int], state: State) -> None:
    assert state_of(counts) is state


def test_a_running_job_is_not_killed_by_an_end_that_came_before(records: Records) -> None:
    add(records, "run")
    records.runs.request_kill("run")
    with pytest.raises(IllegalMove):
        records.runs.started("run", attempt=1)
    job = records.jobs.get("run")
    assert (job.state, job.error_code, job.kill_requested) == (State.KILLED, "TASK_CANCELLED", True)
