"""What the record of jobs promises, held against SQLite and PostgreSQL."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.exc import IntegrityError

from tandem.errors import DataSetTaken, DataSetUnknown, IllegalMove, RunUnknown
from tandem.records.bundle import Records, open_records
from tandem.records.groups import NewGroup, state_of
from tandem.records.job_logs import HEAD_LINES, TAIL_LINES, LogLine
from tandem.records.jobs import Facts, JobsWanted, NewJob
from tandem.records.schedules import Schedule
from tandem.records.schema import SCHEMA_VERSION, schema_version
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.states import State

SPEC = {"command": ["true"], "cpus": 0.5, "gpus": 2, "max_parallel": None}
NEW = NewJob(
    *("run", "key", "a name", "p", "v", "default", "normal", "me"),
    parameters={"a": 1},
    spec=SPEC,
)
ENTRIES = [{"path": "a.txt", "sha256": "0" * 64, "size": 3}, {"path": "b.txt", "sha256": "1" * 64, "size": 4}]
#: Tags that mean something in SQL, in JSON paths and in patterns.
ODD_TAGS = {"a.b": "1", 'quo"te': "2", "it's": "%", "$[0]": "_", "back\\slash": "\\", "": " ", "ä ö": "ü"}
NOW = datetime.now(UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/record.sqlite"


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    records = open_records(Settings(database_url_given=url))
    yield records
    records.runs.close()


def add(records: Records, *run_ids: str, **facts: object) -> None:
    group_id = facts.pop("group", None)
    group = NewGroup(str(group_id), "g", "p", "me") if group_id else None
    more = {"group_id": group_id} if group_id else {}
    new = [replace(NEW, run_id=run_id, **{"key": run_id, **more, **facts}) for run_id in run_ids]  # type: ignore[arg-type]
    records.jobs.add(new, group=group)


def end(records: Records, run_id: str, state: State = State.COMPLETE, facts: Facts = Facts()) -> None:  # noqa: B008
    records.runs.started(run_id, attempt=1)
    records.runs.finished(run_id, state, facts=facts)


def ids(records: Records, **wanted: object) -> list[str]:
    found = [job.run_id for job in records.jobs.find(JobsWanted(**wanted))]  # type: ignore[arg-type]
    assert records.jobs.count(JobsWanted(**wanted)) == len(found)  # type: ignore[arg-type]
    return found


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
    with pytest.raises(IntegrityError):
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
    assert records.jobs.open_count("me") == 3
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


def lines(first: int, last: int, **facts: object) -> list[LogLine]:
    return [LogLine(seq, "stdout", NOW, f"line {seq}", **facts) for seq in range(first, last + 1)]  # type: ignore[arg-type]


def test_lines_are_read_on_from_the_last_one(records: Records) -> None:
    add(records, "run", "other")
    records.logs.add("run", [*lines(1, 2), LogLine(3, "stderr", NOW, "ä\t%_'\\")])
    records.logs.add("other", lines(1, 1))
    records.logs.add("run", [])

    assert records.logs.last("run") == 3
    assert records.logs.last("none") == 0
    assert [line.seq for line in records.logs.read("run", after=1)] == [2, 3]
    assert [line.text for line in records.logs.read("run", stream="stderr")] == ["ä\t%_'\\"]
    assert [line.seq for line in records.logs.read("run", limit=1)] == [1]
    assert records.logs.read("run")[0] == lines(1, 1)[0]


def test_of_very_many_lines_the_first_and_the_last_are_kept(records: Records) -> None:
    add(records, "run")
    last = HEAD_LINES + TAIL_LINES + 3000
    for first in range(1, last, 1000):
        records.logs.add("run", lines(first, min(last, first + 999)))

    kept = [line.seq for line in records.logs.read("run", limit=last)]
    assert kept == [*range(1, HEAD_LINES + 1), *range(last - TAIL_LINES + 1, last + 1)]


def test_a_line_that_is_not_at_its_end_goes_when_the_next_one_comes(records: Records) -> None:
    add(records, "run")
    records.logs.add("run", [*lines(1, 1), *lines(2, 2, passing=True)])
    records.logs.add("run", [LogLine(3, "stderr", NOW, "between")])
    assert [line.seq for line in records.logs.read("run")] == [1, 2, 3]

    records.logs.add("run", [*lines(4, 5, passing=True), *lines(6, 6)])
    assert [line.seq for line in records.logs.read("run")] == [1, 3, 6]


def test_a_line_of_a_known_number_is_left_out(records: Records) -> None:
    add(records, "run")
    records.logs.add("run", lines(1, 2))
    records.logs.add("run", [LogLine(2, "stdout", NOW, "of one who is late"), *lines(3, 3)])

    assert [line.text for line in records.logs.read("run")] == ["line 1", "line 2", "line 3"]


def test_lines_are_searched_in_whatever_case(records: Records) -> None:
    add(records, "one", program="q", owner="you")
    add(records, "two", group="g")
    records.logs.add("one", [LogLine(1, "stdout", NOW, "An ERROR of 5%")])
    records.logs.add("two", [LogLine(1, "stderr", NOW, "no error"), LogLine(2, "stdout", NOW, "error 50")])

    hits = records.logs.search("error")
    assert [(hit.run_id, hit.line.seq) for hit in hits] == [("two", 1), ("two", 2), ("one", 1)]
    assert [hit.run_id for hit in records.logs.search("5%")] == ["one"]
    assert [hit.run_id for hit in records.logs.search("error", limit=1)] == ["two"]
    for only in ({"program": "q"}, {"owner": "you"}):
        assert [hit.run_id for hit in records.logs.search("error", **only)] == ["one"]
    assert {hit.run_id for hit in records.logs.search("error", group_id="g")} == {"two"}


def test_data_sets_are_named_once(records: Records) -> None:
    known = records.data_sets.add("numbers", "h1", ENTRIES, description="two files", owner="me")
    assert (known.files, known.size, known.owner) == (2, 7, "me")
    assert records.data_sets.add("numbers", "h1", ENTRIES) == known
    with pytest.raises(DataSetTaken, match="numbers"):
        records.data_sets.add("numbers", "h2", ENTRIES[:1])
    assert records.data_sets.entries("numbers") == ENTRIES

    assert records.data_sets.add("numbers", "h2", ENTRIES[:1], replace=True).files == 1
    add(records, "run", input_hash="h2")
    assert records.data_sets.unused_manifests() == ["h1"]
    records.data_sets.remove("numbers")
    assert records.data_sets.find() == []
    with pytest.raises(DataSetUnknown, match="numbers"):
        records.data_sets.remove("numbers")


def test_of_two_who_give_one_name_one_does(records: Records) -> None:
    taken: list[int] = []

    def give(number: int) -> None:
        try:
            records.data_sets.add("numbers", f"h{number}", ENTRIES)
        except DataSetTaken:
            taken.append(number)

    side_by_side(give, 6)
    assert len(taken) == 5
    assert records.data_sets.get("numbers").hash not in {f"h{number}" for number in taken}


def test_a_schedule_that_is_due_is_claimed_by_one(records: Records) -> None:
    due = NOW - timedelta(seconds=1)
    later = Schedule("later", "0 6 * * *", "UTC", {"program": "p"}, "me", NOW + timedelta(hours=1))
    records.schedules.put(later)
    records.schedules.put(replace(later, name="now", next_at=due))
    [found] = records.schedules.due(NOW)
    claims: list[bool] = []

    side_by_side(lambda _: claims.append(records.schedules.claim(found, NOW + timedelta(days=1))), 4)
    assert sorted(claims) == [False, False, False, True]
    records.schedules.submitted("now", "run", None)
    [_, after] = records.schedules.find()
    assert (after.last_at, after.last_job, after.next_at) == (due, "run", NOW + timedelta(days=1))
    records.schedules.put(replace(later, cron="1 1 * * *"))
    assert [one.cron for one in records.schedules.find()] == ["1 1 * * *", "0 6 * * *"]
    records.schedules.remove("now")
    with pytest.raises(RunUnknown):
        records.schedules.remove("now")


def test_runners_are_known_by_what_they_have(records: Records) -> None:
    facts = {"host": "here", "queues": ("default", "gpu"), "cpus": 1.5, "memory_bytes": 1 << 40, "gpus": 1}
    for runner_id in ("one", "two", "one"):
        records.runners.seen(runner_id, **facts)  # type: ignore[arg-type]

    found = records.runners.find()
    assert [runner.runner_id for runner in found] == ["one", "two"]
    assert (list(found[0].queues), found[0].cpus, found[0].memory_bytes) == (["default", "gpu"], 1.5, 1 << 40)


def test_a_running_job_is_not_killed_by_an_end_that_came_before(records: Records) -> None:
    add(records, "run")
    records.runs.request_kill("run")
    with pytest.raises(IllegalMove):
        records.runs.started("run", attempt=1)
    job = records.jobs.get("run")
    assert (job.state, job.error_code, job.kill_requested) == (State.KILLED, "TASK_CANCELLED", True)


def test_a_record_of_an_earlier_version_is_brought_up_to_date(url: str) -> None:
    make_old(url)

    records = open_records(Settings(database_url_given=url))
    old = records.runs.get("old")
    assert (old.state, old.kind, old.tags) == (State.COMPLETE, "task", {"who": "me"})
    add(records, "new", group="g")
    end(records, "new")
    assert records.jobs.last_ended() == 1
    assert [run.run_id for run in records.runs.find()] == ["old"]
    with records.jobs._engine.connect() as connection:
        assert connection.scalars(select(schema_version.c.version)).all() == [SCHEMA_VERSION]
        indexes = {index["name"] for index in inspect(connection).get_indexes("runs")}
        assert {"runs_by_end", "runs_by_kind", "runs_by_parent"} <= indexes
    records.runs.close()
    again = open_records(Settings(database_url_given=url))
    assert ids(again) == ["new"]
    again.runs.close()


def test_processes_that_meet_an_old_record_together_all_get_on(url: str) -> None:
    make_old(url)

    def meet(_: int) -> None:
        open_record(Settings(database_url_given=url)).close()

    side_by_side(meet, 4)


def make_old(url: str) -> None:
    """The tables as they were before there were jobs, with a run in them."""
    moment = "TIMESTAMP WITH TIME ZONE" if url.startswith("postgres") else "DATETIME"
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for sentence in (
            "CREATE TABLE schema_version (version INTEGER PRIMARY KEY)",
            "INSERT INTO schema_version VALUES (2)",
            "CREATE TABLE runs (run_id VARCHAR PRIMARY KEY, experiment VARCHAR NOT NULL, task VARCHAR NOT NULL,"
            f" etag VARCHAR NOT NULL, state VARCHAR NOT NULL, attempt INTEGER NOT NULL, queued_at {moment} NOT NULL,"
            f" started_at {moment}, finished_at {moment}, error_code VARCHAR, reason VARCHAR,"
            " kill_requested BOOLEAN NOT NULL, parent VARCHAR, tags JSON NOT NULL)",
            "INSERT INTO runs VALUES ('old', 'demo', 'GetNUmis', 'ff', 'COMPLETE', 1, '2026-01-01 00:00:00.000000',"
            ' NULL, NULL, NULL, NULL, FALSE, NULL, \'{"who": "me"}\')',
        ):
            connection.execute(text(sentence.replace("\\:", ":").replace(": ", "\\: ")))
    engine.dispose()


def side_by_side(do: object, count: int) -> None:
    """Let threads do it at the same time, and fail if one of them does."""
    faults: list[BaseException] = []

    def one(number: int) -> None:
        try:
            do(number)  # type: ignore[operator]
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
