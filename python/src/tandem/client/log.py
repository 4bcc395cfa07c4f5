"""What a job writes, line by line."""

import time
from collections.abc import Iterator
from typing import NamedTuple

from tandem.client.session import Session, place
from tandem.client.waiting import PATIENCE_S

#: Seconds between two looks for new lines, and how many lines come at a time.
LOOK_S = 0.4
LINES = 1000


class Line(NamedTuple):
    """One line; as a text it is what the job wrote."""

    text: str
    stream: str
    at: str
    #: Whether another one takes its place: the state of a progress bar, or the beginning of a line.
    passing: bool = False

    def __str__(self) -> str:
        return self.text


class Log:
    """The log of one job, of which each line is read once."""

    def __init__(self, session: Session, job: str, stream: str = "both") -> None:
        self._session, self._path, self._stream = session, place("jobs", job, "log"), stream
        self._cursor: object = None
        self.ended = False

    def new_lines(self) -> list[Line]:
        """What came since the last look, up to a page of it."""
        query = {"stream": self._stream, "after": self._cursor, "limit": LINES}
        page = self._session.get(self._path, query, patience_s=PATIENCE_S)
        self._cursor = page["cursor"] if page["cursor"] is not None else self._cursor
        self.ended = page["ended"] and not page["items"]
        return [Line(item["text"], item["stream"], item["at"], item.get("passing", False)) for item in page["items"]]

    def lines(self, *, follow: bool, passing: bool = False) -> Iterator[Line]:
        """All lines there are; with those to come until the job has ended."""
        while True:
            lines = self.new_lines()
            yield from (line for line in lines if passing or not line.passing)
            if self.ended or (not lines and not follow):
                return
            if not lines:
                time.sleep(LOOK_S)
