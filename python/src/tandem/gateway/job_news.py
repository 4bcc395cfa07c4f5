"""Jobs that change, looked for in the record: those that run, and those that have ended since the last look."""

from contextlib import suppress

from tandem.errors import RunUnknown, TandemError
from tandem.gateway.api.job_models import JobTold, told
from tandem.records.bundle import Records
from tandem.records.jobs import Job, JobsWanted
from tandem.states import State

#: So many jobs are looked at and told of at once; of more that have ended, the rest is told of at the next look.
AT_ONCE = 200
RUNNING = JobsWanted(states=(State.RUNNING,))


class JobNews:
    """What is new since the last look. Jobs that wait are not looked at, however many there are."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._seen: dict[str, JobTold] = {}
        #: Those that run as they did at the look before.
        self.unchanged: list[tuple[Job, JobTold]] = []
        #: The number of the last end that is known.
        self._ended: int | None = None

    def begin(self) -> None:
        """News are what comes from now on."""
        self._ended = None
        with suppress(TandemError):  # the first look begins then
            self._ended = self._records.jobs.last_ended()

    def forget(self) -> None:
        """Nobody has been told of anything yet."""
        self._seen.clear()

    def changes(self) -> list[tuple[Job, JobTold]]:
        """The jobs that stand otherwise than at the last look, as the API tells of them."""
        jobs = self._records.jobs
        if self._ended is None:
            self._ended = jobs.last_ended()
        ended = jobs.ended_after(self._ended, AT_ONCE)
        known = {job.run_id: job for job in (*jobs.find(RUNNING, limit=AT_ONCE), *ended)}
        for run_id in self._seen.keys() - known.keys():
            with suppress(RunUnknown):  # it was deleted
                known[run_id] = jobs.get(run_id)
        now = told(self._records, list(known.values()))
        changed = [(known[one.id], one) for one in now if self._seen.get(one.id) != one]
        self.unchanged = [(known[one.id], one) for one in now if self._seen.get(one.id) == one]
        self._seen = {one.id: one for one in now if one.state is State.RUNNING}
        self._ended = max((job.ended or 0 for job in ended), default=self._ended)
        return changed
