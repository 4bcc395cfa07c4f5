"""The one object that people begin with."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from tandem.client import upload
from tandem.client.address import find_gateway
from tandem.client.finding import find
from tandem.client.inputs import Inputs
from tandem.client.job import Job
from tandem.client.session import Session, as_json, place
from tandem.client.sweep import Sweep
from tandem.client.views import View
from tandem.client.waiting import wait_until_ended
from tandem.client.wishes import among, command_wish, job_wish, records_of, sweep_wish
from tandem.errors import UsageError


class Changes(NamedTuple):
    """Jobs that have ended, and from where to ask on."""

    jobs: list[Job]
    cursor: str | None


class Page(NamedTuple):
    """Some of many jobs."""

    jobs: list[Job]
    total: int
    cursor: str | None


class Client:
    """Runs jobs through a gateway: the one at `url`, else at TANDEM_URL, else the one of this folder's platform, which
    starts on first use."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        self._session = Session(find_gateway(url, token))

    @property
    def url(self) -> str:
        """Where the gateway is; its page is there too."""
        return self._session.url

    def run(
        self,
        program: str,
        *,
        inputs: Any = None,
        archive: str | Path | None = None,
        parameters: Mapping[str, Any] | None = None,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        queue: str | None = None,
        priority: str | None = None,
        after: Any = None,
        force: bool = False,
        retries: int | None = None,
        time_limit: str | float | None = None,
        memory: str | int | None = None,
        cpus: float | None = None,
        experiment: str | None = None,
        **more: Any,
    ) -> Job:
        """Run a program. What is not named here is a parameter of it; `parameters` takes those that are called as one
        of the others. `inputs` are files, folders (all that is in them), addresses, jobs (their results), or sources
        such as {"data": "name"}; an archive is unpacked."""
        arguments = locals()
        wish = job_wish({"program": program}, {**(parameters or {}), **more}, **among(arguments))
        return self.submit(wish, inputs, archive)

    def command(
        self, command: str | Sequence[str], *, inputs: Any = None, archive: str | Path | None = None, **options: Any
    ) -> Job:
        """Run a command of your own, where the gateway allows it. The options are those of `run`."""
        return self.submit(job_wish(command_wish(command), {}, **options), inputs, archive)

    def submit(self, wish: Mapping[str, Any], inputs: Any = None, archive: str | Path | None = None) -> Job:
        """Ask for a job in the words of the API; inputs and an archive go with it."""
        return Job(self._session, self._sent("/jobs", "job", wish, Inputs.of(inputs), {"archive": archive})["job"])

    def sweep(
        self,
        program: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        arms: Iterable[Mapping[str, Any]] | None = None,
        cases: Any = None,
        inputs: Any = None,
        fan_out: Any = None,
        folds: int | None = None,
        reduce: str | Mapping[str, Any] | None = None,
        limit: float | Mapping[str, float] | None = None,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        queue: str | None = None,
        priority: str | None = None,
        after: Any = None,
        force: bool = False,
        retries: int | None = None,
        time_limit: str | float | None = None,
        memory: str | int | None = None,
        cpus: float | None = None,
        experiment: str | None = None,
        space: Mapping[str, Any] | None = None,
        **swept: Any,
    ) -> Sweep:
        """Run a program many times: for each combination of the parameters that have several values. Those of
        `parameters` are fixed, whatever they hold; `space` takes those that are called as an option. `arms` are several
        such spaces; `cases` are single runs, as dicts or as a csv or yaml file; `fan_out` is a folder or a list, each
        entry of which is the input of one run. `limit` is in CPU-hours."""
        arguments = locals()
        wish = sweep_wish(program, {**(space or {}), **swept}, parameters=parameters, **among(arguments))
        return self.submit_sweep(wish, inputs, fan_out, cases)

    def submit_sweep(
        self, wish: Mapping[str, Any], inputs: Any = None, fan_out: Any = None, cases: Any = None
    ) -> Sweep:
        """Ask for a sweep in the words of the API; with inputs for all jobs, or `fan_out` with those of each."""
        wish = dict(wish)
        given = Inputs.of(inputs)
        if fan_out is not None:
            files, sources = Inputs.fanned(fan_out)
            if files and given.files:
                told = "files for all jobs cannot be sent together with files for each; make the former a data set"
                raise UsageError(reason=told)
            wish |= {"fanOutFiles": True} if files else {"fanOut": sources}
            given.files |= files
        file = None
        if isinstance(cases, str | Path):
            file = Path(cases).expanduser()
        elif cases is not None:
            wish["cases"] = records_of(cases)
        return Sweep(self._session, self._sent("/sweeps", "sweep", wish, given, {"cases_file": file})["group"])

    def wait(self, jobs: Iterable[Job], timeout: float | None = None, quiet: bool = False) -> list[Job]:
        """Wait until several jobs have ended, however they do."""
        waited = list(jobs)

        def look() -> View:
            counts: dict[str, int] = {}
            for job in waited:
                state = job.state if job.ended else job.refresh().state
                counts[state] = counts.get(state, 0) + 1
            return View("jobs", counts)

        wait_until_ended(look, timeout=timeout, quiet=quiet)
        return waited

    def job(self, beginning: str) -> Job:
        """The job whose id begins so; "last" is the newest one."""
        return Job(self._session, find(self._session, "jobs", beginning))

    def jobs(self, *, limit: int | None = 100, **filters: Any) -> list[Job]:
        """Jobs, newest first: of a state, a program, a group, an owner; with tags={"k": "v"}; since and until a time;
        `search` looks in names and ids."""
        return [Job(self._session, facts) for facts in self._session.pages("/jobs", _filters(filters), limit)]

    def page_of_jobs(self, *, limit: int, cursor: str | None = None, **filters: Any) -> Page:
        """Some of them, how many there are in all, and the cursor of the next ones."""
        found = self._session.get("/jobs", {**_filters(filters), "limit": limit, "cursor": cursor})
        return Page([Job(self._session, facts) for facts in found["items"]], found["total"], found.get("cursor"))

    def find_sweep(self, beginning: str) -> Sweep:
        """The sweep whose id begins so; "last" is the newest one."""
        return Sweep(self._session, find(self._session, "groups", beginning))

    def sweeps(self, *, limit: int | None = 100, **filters: Any) -> list[Sweep]:
        """Sweeps, newest first."""
        return [Sweep(self._session, facts) for facts in self._session.pages("/groups", filters, limit)]

    def changes(self, after: str | None = None, limit: int | None = None) -> Changes:
        """Jobs that have ended since a cursor, oldest first, and the cursor to ask on with; without one from the
        beginning."""
        found = self._session.get("/jobs/changes", {"after": after, "limit": limit})
        return Changes([Job(self._session, facts) for facts in found["items"]], found["cursor"])

    def latest(self) -> str | None:
        """The cursor of now, for `changes` from here on."""
        cursor: str | None = self._session.get("/jobs/changes", {"latest": "true"})["cursor"]
        return cursor

    def search(self, text: str, **filters: Any) -> list[dict[str, Any]]:
        """Lines of logs that hold a text, with their jobs."""
        return list(self._session.get("/jobs/search", {"text": text, **filters})["items"])

    def programs(self) -> list[dict[str, Any]]:
        """What can be run."""
        return _items(self._session.get("/programs"))

    def program(self, name: str) -> dict[str, Any]:
        """One program: its parameters, inputs, results and limits."""
        return dict(self._session.get(place("programs", name)))

    def data_sets(self) -> list[dict[str, Any]]:
        """Data sets that have a name."""
        return _items(self._session.get("/data-sets"))

    def data_set(self, name: str) -> dict[str, Any]:
        """One of them."""
        return dict(self._session.get(place("data-sets", name)))

    def add_data(
        self,
        name: str,
        path: Any = None,
        *,
        archive: str | Path | None = None,
        replace: bool = False,
        description: str = "",
    ) -> dict[str, Any]:
        """Keep files, folders, what an archive holds, or the results of a job under a name, for any number of jobs."""
        given = Inputs.of(path)
        facts = {"name": name, "replace": replace, "description": description}
        if given.sources:
            if given.files or archive or len(given.sources) > 1:
                raise UsageError(reason="a data set is made of files, or of one source")
            return dict(self._session.post("/data-sets", {**facts, "source": given.sources[0]}))
        fields = {"name": name, "replace": str(replace).lower(), "description": description}
        return dict(upload.send(self._session, "/data-sets", fields, given.files, {"archive": archive}))

    def remove_data(self, name: str) -> None:
        """Forget a data set."""
        self._session.delete(place("data-sets", name))

    def schedules(self) -> list[dict[str, Any]]:
        """Jobs that are submitted again and again."""
        return _items(self._session.get("/schedules"))

    def schedule(
        self, name: str, cron: str, program: str, *, zone: str | None = None, inputs: Any = None, **options: Any
    ) -> dict[str, Any]:
        """Submit a job at the times of a cron expression. Options are those of `run`, parameters in `parameters`."""
        given = Inputs.of(inputs)
        if given.files:
            raise UsageError(reason="a schedule reads no files of this machine; make them a data set, and name that")
        wish = job_wish({"program": program}, options.pop("parameters", None) or {}, **options)
        wish["inputs"] = given.sources
        body = {"name": name, "cron": cron, "job": wish} | ({"zone": zone} if zone else {})
        return dict(self._session.post("/schedules", body))

    def unschedule(self, name: str) -> None:
        """Do so no more."""
        self._session.delete(place("schedules", name))

    def _sent(
        self,
        path: str,
        field: str,
        wish: Mapping[str, Any],
        given: Inputs,
        more: Mapping[str, str | Path | None],
    ) -> dict[str, Any]:
        """A wish, as a form where files go with it."""
        body = {**wish, **({"inputs": given.sources} if given.sources else {})}
        if not given.files and not any(more.values()):
            return dict(self._session.post(path, body))
        return dict(upload.send(self._session, path, {field: as_json(body)}, given.files, more))

    def close(self) -> None:
        """Let go of the gateway."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self.url}>"


def _items(found: Any) -> list[dict[str, Any]]:
    """The entries of a list that comes whole."""
    return list(found["items"] if isinstance(found, Mapping) else found)


def _filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Filters of jobs, with each tag as the API reads it."""
    query = dict(filters)
    tags = query.pop("tags", None) or {}
    return {**query, "tag": [f"{key}={value}" for key, value in tags.items()] or None}
