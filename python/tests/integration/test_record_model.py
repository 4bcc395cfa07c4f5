"""Whatever is done to the record, in whatever order, it agrees with a simple model."""

import tempfile
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tandem.errors import IllegalMove, RunUnknown
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.states import State

RUN_IDS = st.sampled_from(["a", "b", "c"])


@dataclass
class Known:
    """What the model remembers of a run."""

    state: State = State.QUEUED
    attempt: int = 1
    reason: str | None = None
    kill_requested: bool = False


class RecordMachine(RuleBasedStateMachine):
    """Moves on a record in SQLite and on the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.record = open_record(Settings(database_url_given=f"sqlite:///{self.folder.name}/record.sqlite"))
        self.model: dict[str, Known] = {}

    @rule(run_id=RUN_IDS)
    def queued(self, run_id: str) -> None:
        self.record.queued(run_id, experiment="demo", task="GetNUmis", etag="ff")
        self.model.setdefault(run_id, Known())

    @rule(run_id=RUN_IDS, attempt=st.integers(1, 4))
    def started(self, run_id: str, attempt: int) -> None:
        known = self.model.get(run_id)
        free = known is not None and (
            known.state is State.QUEUED or (known.state is State.RUNNING and known.attempt < attempt)
        )
        if self.allowed(free, known, lambda: self.record.started(run_id, attempt=attempt)):
            known.state, known.attempt = State.RUNNING, attempt

    @rule(run_id=RUN_IDS, counts=st.booleans())
    def requeued(self, run_id: str, counts: bool) -> None:
        known = self.model.get(run_id)
        running = known is not None and known.state is State.RUNNING
        if self.allowed(running, known, lambda: self.record.requeued(run_id, reason="back", counts=counts)):
            known.state, known.attempt = State.QUEUED, known.attempt + counts

    @rule(run_id=RUN_IDS, state=st.sampled_from([s for s in State if s.terminal]), reason=st.text(max_size=5))
    def finished(self, run_id: str, state: State, reason: str) -> None:
        known = self.model.get(run_id)
        unchanged = known is not None and known.state is state
        ends = known is not None and (
            known.state is State.RUNNING or (known.state is State.QUEUED and state is not State.COMPLETE)
        )
        call = lambda: self.record.finished(run_id, state, reason=reason)  # noqa: E731
        if self.allowed(ends or unchanged, known, call) and not unchanged:
            known.state, known.reason = state, reason

    @rule(run_id=RUN_IDS)
    def request_kill(self, run_id: str) -> None:
        known = self.model.get(run_id)
        if self.allowed(known is not None, known, lambda: self.record.request_kill(run_id)):
            known.kill_requested |= not known.state.terminal
            if known.state is State.QUEUED:
                known.state, known.reason = State.KILLED, "The task was cancelled."

    @invariant()
    def the_record_agrees_with_the_model(self) -> None:
        found = {
            run.run_id: Known(run.state, run.attempt, run.reason, run.kill_requested) for run in self.record.find()
        }
        assert found == self.model
        asked = {run_id for run_id, known in self.model.items() if known.kill_requested}
        assert self.record.kills_requested(["a", "b", "c"]) == asked

    def allowed(self, expected, known, call) -> bool:
        """Make the call; it must be refused exactly when the model says so."""
        try:
            call()
        except RunUnknown:
            assert known is None
            return False
        except IllegalMove:
            assert known is not None
            assert not expected
            return False
        assert expected
        return True

    def teardown(self) -> None:
        self.record.close()
        self.folder.cleanup()


TestRecordAgreesWithItsModel = RecordMachine.TestCase
TestRecordAgreesWithItsModel.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, database=None, derandomize=True
)
