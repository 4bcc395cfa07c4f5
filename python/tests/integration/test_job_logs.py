"""Lines that jobs say, data sets, schedules and runners in the record, held against SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from helpers.job_records import ENTRIES, NOW, add, side_by_side
from tandem.errors import DataSetTaken, DataSetUnknown, RunUnknown
from tandem.records.bundle import Records
from tandem.records.job_logs import HEAD_LINES, TAIL_LINES, LogLine
from tandem.records.schedules import Schedule


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
