"""Many jobs of one kind."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from tandem.client.ids import SHORT
from tandem.client.job import Job
from tandem.client.session import Session, place
from tandem.client.views import View, html_bar
from tandem.client.waiting import PATIENCE_S, wait_until_ended
from tandem.states import State

#: So many jobs' results are fetched at once.
AT_ONCE = 8


class Sweep:
    """A group of jobs as it was when it was last looked at; `refresh` looks again."""

    def __init__(self, session: Session, facts: Mapping[str, Any]) -> None:
        self._session = session
        #: All that the API says of it.
        self.facts: dict[str, Any] = dict(facts)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.facts["id"])

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.facts.get("name") or self.facts.get("program") or "sweep")

    @property
    def state(self) -> State:
        """Where it stands: COMPLETE where all of it is."""
        return State(self.facts["state"])

    @property
    def counts(self) -> dict[str, int]:
        """How many of its jobs are in which state."""
        return dict(self.facts["counts"])

    @property
    def total(self) -> int:
        """How many jobs it has."""
        return int(self.facts["total"])

    @property
    def ended(self) -> bool:
        """Whether nothing will happen in it any more."""
        return self._view().ended

    @property
    def reduced(self) -> Job | None:
        """The job that gathers the results of all others, where one was asked for."""
        job = self.facts.get("reduceJob")
        if job is None:
            return None
        name = job["id"] if isinstance(job, Mapping) else job
        return Job(self._session, self._session.get(place("jobs", name)))

    def refresh(self) -> Self:
        """Look at it again."""
        self.facts = self._session.get(place("groups", self.id), patience_s=PATIENCE_S)
        return self

    def wait(self, timeout: float | None = None, quiet: bool = False) -> Self:
        """Wait until all of its jobs have ended, however they do. StillOpen after so many seconds."""
        wait_until_ended(lambda: self.refresh()._view(), timeout=timeout, quiet=quiet)
        return self

    def jobs(self, state: str | None = None) -> list[Job]:
        """Its jobs, or those in one state."""
        query = {"group": self.id, "state": state}
        return [Job(self._session, facts) for facts in self._session.pages("/jobs", query)]

    def table(self) -> Any:
        """Parameters and results of each job, as a DataFrame."""
        import pandas  # takes long to load

        found = self.raw_table()
        return pandas.DataFrame(found["rows"], columns=found["columns"])

    def raw_table(self) -> dict[str, list[Any]]:
        """The same as its `columns` and `rows`."""
        return dict(self._session.get(place("groups", self.id, "table"), {"format": "json"}))

    def csv(self) -> str:
        """The same as the text of a csv."""
        return self._session.text(place("groups", self.id, "table"), {"format": "csv"})

    def kill(self) -> Self:
        """End all that is under way."""
        self._session.post(place("groups", self.id, "kill"))
        return self.refresh()

    def retry(self) -> Self:
        """Run again what failed or was killed."""
        self._session.post(place("groups", self.id, "retry"))
        return self.refresh()

    def delete(self) -> None:
        """Remove all of its jobs with all that they made."""
        self._session.delete(place("groups", self.id))

    def download(self, folder: str | Path, overwrite: bool = False) -> list[Path]:
        """Fetch the results of what is complete, each job's into a folder of its own."""
        return [path for paths in self.downloads(folder, overwrite) for path in paths]

    def downloads(self, folder: str | Path, overwrite: bool = False) -> Iterator[list[Path]]:
        """The same, job by job."""
        target, jobs = Path(folder).expanduser(), self.jobs(State.COMPLETE)
        beginnings = Counter(job.id[:SHORT] for job in jobs)

        def fetch(job: Job) -> list[Path]:
            short = job.id[:SHORT]
            return job.download(target / (short if beginnings[short] == 1 else job.id), overwrite)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(fetch, jobs)

    def _view(self) -> View:
        return View(f"{self.name} {self.id[:SHORT]}", self.counts)

    def __repr__(self) -> str:
        return f"<Sweep {self.id[:SHORT]} {self.name} {self.state}: {self._view().words}>"

    def _repr_html_(self) -> str:
        return html_bar(self._view())
