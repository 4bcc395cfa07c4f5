"""A process that wants what others want: run by test_record_conformance.py, waits for a line, tells what it won."""

import sys
from itertools import count

from tandem.errors import IllegalMove
from tandem.records.sql import SqlRecord, open_record
from tandem.settings import Settings
from tandem.states import State


def tell(*words: str) -> None:
    """Say it at once: the next moment may be the last."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def fight(record: SqlRecord, runs: int, wish: State) -> None:
    """Start and finish every run, before the others do."""
    for number in range(runs):
        run_id = f"run-{number}"
        record.queued(run_id, experiment="demo", task="GetNUmis", etag="ff")
        tell("queued", run_id)
        try:
            record.started(run_id, attempt=1)
            tell("started", run_id)
        except IllegalMove:
            pass
        try:
            if record.get(run_id).state is not wish and record.finished(run_id, wish).state is wish:
                tell("finished", run_id)
        except IllegalMove:
            pass


def note(record: SqlRecord) -> None:
    """Note runs until killed."""
    for number in count():
        record.queued(f"run-{number}", experiment="demo", task="GetNUmis", etag="ff")
        record.started(f"run-{number}", attempt=1)
        tell("noted", f"run-{number}")


if __name__ == "__main__":
    what, url, *rest = sys.argv[1:]
    tell("ready")
    sys.stdin.readline()
    record = open_record(Settings(database_url_given=url))
    if what == "fight":
        fight(record, int(rest[0]), State(rest[1]))
    else:
        note(record)
    record.close()
