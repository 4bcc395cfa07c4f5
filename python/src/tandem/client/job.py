"""One job."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from tandem.client import download
from tandem.client.ids import SHORT
from tandem.client.log import Line, Log
from tandem.client.reading import read_result
from tandem.client.session import Session, place
from tandem.client.views import View, html_facts
from tandem.client.waiting import PATIENCE_S, wait_until_ended
from tandem.errors import EndedWithoutResult, UsageError
from tandem.states import State


class Job:
    """A job as it was when it was last looked at; `refresh` looks again."""

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
        return self.facts.get("name") or self.program

    @property
    def program(self) -> str:
        """What it runs."""
        return str(self.facts.get("program") or "command")

    @property
    def state(self) -> State:
        """Where it stands."""
        return State(self.facts["state"])

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state.terminal

    @property
    def parameters(self) -> dict[str, Any]:
        """Its parameters, with those that the program gives."""
        return dict(self.facts.get("parameters") or {})

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return dict(self.facts.get("tags") or {})

    @property
    def reason(self) -> str | None:
        """Why it failed."""
        return self.facts.get("reason")

    def refresh(self) -> Self:
        """Look at it again."""
        self.facts = self._session.get(place("jobs", self.id), patience_s=PATIENCE_S)
        return self

    def wait(self, timeout: float | None = None, quiet: bool = False) -> Self:
        """Wait until it has ended, however it does. StillOpen after so many seconds."""
        log = None if quiet else Log(self._session, self.id)
        last = ""

        def look() -> View:
            nonlocal last
            self.refresh()
            if log is not None and not log.ended and (lines := log.new_lines()):
                last = next((line.text for line in reversed(lines) if line.text.strip()), last)
            return self._view(last)

        wait_until_ended(look, timeout=timeout, quiet=quiet)
        return self

    def log(self, follow: bool = False, stream: str = "both", passing: bool = False) -> Iterator[Line]:
        """What it wrote; with `follow` also what it writes from now on, until it has ended. With `passing` also lines
        in whose place another one came, such as the states of a progress bar."""
        return Log(self._session, self.id, stream).lines(follow=follow, passing=passing)

    def kill(self) -> Self:
        """End it, with all that it has started."""
        self.facts |= self._session.post(place("jobs", self.id, "kill"))
        return self

    def retry(self) -> "Job":
        """Run the same again, as a new job."""
        return Job(self._session, self._session.post(place("jobs", self.id, "retry")))

    def delete(self) -> None:
        """Remove it with all that it made."""
        self._session.delete(place("jobs", self.id))

    def results(self) -> list[dict[str, Any]]:
        """The files that it made: path, size, sha256 and type."""
        return list(self._session.get(place("jobs", self.id, "results"))["items"])

    def download(self, folder: str | Path = ".", overwrite: bool = False) -> list[Path]:
        """Fetch its results into a folder; where they are then."""
        items = self.results()
        targets = download.targets(Path(folder).expanduser(), items, overwrite=overwrite)
        for item in items:
            download.fetch(self._session, self._address_of(item["path"]), targets[item["path"]], item)
        return list(targets.values())

    def read(self, path: str, raw: bool = False) -> Any:
        """One result: JSON as its value, csv and tsv as a DataFrame, anything else, or all of it `raw`, as bytes."""
        with self._session.stream(self._address_of(path)) as response:
            content = response.read()
        return content if raw else read_result(path, content)

    def blocks(self, path: str) -> Iterator[bytes]:
        """One result as it comes, however large it is."""
        with self._session.stream(self._address_of(path)) as response:
            yield from response.iter_bytes()

    def result(self, path: str | None = None, timeout: float | None = None) -> Any:
        """Wait, then read a result: the only one where none is named. EndedWithoutResult where the job failed."""
        if not self.wait(timeout, quiet=True).state == State.COMPLETE:
            raise EndedWithoutResult(what=f"{self.name} {self.id[:SHORT]}", state=self.state, reason=self.reason)
        if path is None:
            paths = [item["path"] for item in self.results()]
            if len(paths) != 1:
                raise UsageError(reason=f"say which result is meant: {', '.join(paths) or 'there is none'}")
            path = paths[0]
        return self.read(path)

    def as_source(self) -> dict[str, Any]:
        """Its results as the input of another job."""
        return {"job": self.id}

    def _address_of(self, path: str) -> str:
        return place("jobs", self.id, "results", path)

    def _view(self, last: str = "") -> View:
        progress = self.facts.get("progress") or {}
        step, total = progress.get("step"), progress.get("total")
        waits = "waits for others" if self.facts.get("waitingFor") and not self.ended else ""
        return View(
            f"{self.name} {self.id[:SHORT]}",
            {self.state: 1},
            self.reason or "" if self.ended else progress.get("message") or last or waits,
            min(step / total, 1.0) if step is not None and total else None,
        )

    def __repr__(self) -> str:
        reason = f": {self.reason}" if self.reason else ""
        return f"<Job {self.id[:SHORT]} {self.name} {self.state}{reason}>"

    def _repr_html_(self) -> str:
        shown = {"job": self.id, "name": self.name, "program": self.program, "state": self.state}
        parameters = ", ".join(f"{name} = {value}" for name, value in self.parameters.items())
        return html_facts({**shown, "parameters": parameters, "reason": self.reason})
