"""Jobs as tests put them into a record."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

from tandem.records.bundle import Records
from tandem.records.groups import NewGroup
from tandem.records.jobs import Facts, JobsWanted, NewJob
from tandem.states import State

SPEC = {"command": ["true"], "cpus": 0.5, "gpus": 2, "max_parallel": None}
NEW = NewJob(
    *("run", "key", "a name", "p", "v", "default", "normal", "me"),
    parameters={"a": 1},
    spec=SPEC,
)
ENTRIES = [{"path": "a.txt", "sha256": "0" * 64, "size": 3}, {"path": "b.txt", "sha256": "1" * 64, "size": 4}]

NOW = datetime.now(UTC)


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
