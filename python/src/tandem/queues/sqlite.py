"""The embedded queue: one SQLite file, many queues by name, for any number of processes of one machine."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from time import monotonic, time
from uuid import uuid4

from tandem.errors import LeaseLost, QueueUnavailable
from tandem.queues.base import RECEIVE_MAX, Depth, Lease, Message
from tandem.queues.sqlite_file import open_file

#: Seconds during which a deduplication id is remembered.
DEDUPLICATION_S = 300.0
#: Seconds between two looks at the file's version while waiting for other processes' messages.
POLL_S = 0.004

# A group with any hidden message, leased or handed back with a delay, is blocked: that keeps the order of sending.
# `hidden_until > 0` says nothing new, but lets SQLite use the index of hidden messages, however long the queue is.
RECEIVE = """
UPDATE messages SET hidden_until = :until, receipt = lower(hex(randomblob(16))), receive_count = receive_count + 1
WHERE place IN (
    SELECT place FROM messages WHERE queue = :queue AND hidden_until <= :now AND message_group NOT IN (
        SELECT message_group FROM messages WHERE queue = :queue AND hidden_until > 0 AND hidden_until > :now
    ) ORDER BY place LIMIT :count
) RETURNING place, message_id, receipt, body, receive_count, message_group, attributes
"""


class SqliteQueue:
    """A queue in a SQLite file. One object may be used by many threads of a process, but not across a fork."""

    def __init__(self, path: Path, name: str, visibility_s: float) -> None:
        self.name = name
        self._visibility_s = visibility_s
        #: Guards the one connection; waiting on it lets other threads of this process in.
        self._turn = Condition()
        with self._faults():
            self._file = open_file(path)

    def send(
        self,
        body: str,
        *,
        group: str = "work",
        deduplication_id: str | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> str:
        """Add a message; a known deduplication id returns the first message's id."""
        with self._writing():
            self._forget_sent()
            return self._send(body, group, deduplication_id, json.dumps(dict(attributes or {})))

    def send_all(self, messages: Sequence[Message]) -> None:
        """Add many messages in one transaction."""
        with self._writing():
            self._forget_sent()
            for message in messages:
                self._send(message.body, message.group, message.deduplication_id, "{}")

    def receive(self, count: int, wait_s: float) -> list[Lease]:
        """Lease messages as they come, looking at the file only when it has changed or a lease runs out."""
        deadline = monotonic() + wait_s
        with self._turn, self._faults():
            while True:
                seen = self._version()
                leases = self._lease(min(count, RECEIVE_MAX))
                if leases or monotonic() >= deadline:
                    return leases
                until = min(deadline, self._next_appearance())
                while self._version() == seen and (left := until - monotonic()) > 0:
                    self._turn.wait(min(POLL_S, left))

    def extend(self, lease: Lease, visibility_s: float) -> None:
        """Keep the message for `visibility_s` from now."""
        with self._writing():
            self._change(lease, "UPDATE messages SET hidden_until = :until", until=monotonic() + visibility_s)

    def release(self, lease: Lease, delay_s: float = 0.0) -> None:
        """Hand the message back; until the delay has passed, its group waits with it."""
        until = monotonic() + delay_s if delay_s > 0 else 0.0
        with self._writing():
            self._change(lease, "UPDATE messages SET receipt = NULL, hidden_until = :until", until=until)

    def acknowledge(self, lease: Lease) -> None:
        """Remove the message."""
        with self._writing():
            self._change(lease, "DELETE FROM messages")

    def dead_letter(self, lease: Lease, reason: str) -> None:
        """Move the message to the `dead` table of the same file."""
        with self._writing() as file:
            file.execute(
                "INSERT INTO dead (queue, message_id, message_group, body, attributes, receive_count, reason, died_at)"
                " SELECT queue, message_id, message_group, body, attributes, receive_count, ?, ?"
                " FROM messages WHERE message_id = ?",
                (reason, time(), lease.message_id),
            )
            self._change(lease, "DELETE FROM messages")

    def depth(self) -> Depth:
        """Count the messages."""
        with self._turn, self._faults():
            waiting, leased, dead = self._file.execute(
                "SELECT (SELECT count(*) FROM messages WHERE queue = :queue AND hidden_until <= :now),"
                " (SELECT count(*) FROM messages WHERE queue = :queue AND hidden_until > :now),"
                " (SELECT count(*) FROM dead WHERE queue = :queue)",
                {"queue": self.name, "now": monotonic()},
            ).fetchone()
        return Depth(waiting, leased, dead)

    def depths(self) -> Mapping[str, Depth]:
        """Count the messages of every queue in the file."""
        with self._turn, self._faults():
            rows = self._file.execute(
                "SELECT queue, sum(hidden_until <= :now), sum(hidden_until > :now), 0 FROM messages GROUP BY queue"
                " UNION ALL SELECT queue, 0, 0, count(*) FROM dead GROUP BY queue",
                {"now": monotonic()},
            ).fetchall()
        found: dict[str, Depth] = {}
        for queue, waiting, leased, dead in rows:
            known = found.get(queue, Depth(0, 0, 0))
            found[queue] = Depth(known.waiting + waiting, known.leased + leased, known.dead + dead)
        return found

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._file.close()

    def _forget_sent(self) -> None:
        """What was sent long ago; by a clock that was set back since, also what seems to be sent much later."""
        now = time()
        self._file.execute(
            "DELETE FROM sent WHERE sent_at <= ? OR sent_at >= ?", (now - DEDUPLICATION_S, now + DEDUPLICATION_S)
        )

    def _send(self, body: str, group: str, deduplication_id: str | None, attributes: str) -> str:
        message_id = str(uuid4())
        if deduplication_id is not None:
            known = self._file.execute(
                "SELECT message_id FROM sent WHERE queue = ? AND deduplication_id = ?", (self.name, deduplication_id)
            ).fetchone()
            if known:
                return str(known[0])
            new = (self.name, deduplication_id, message_id, time())
            self._file.execute("INSERT INTO sent VALUES (?, ?, ?, ?)", new)
        self._file.execute(
            "INSERT INTO messages (queue, message_id, message_group, body, attributes) VALUES (?, ?, ?, ?, ?)",
            (self.name, message_id, group, body, attributes),
        )
        return message_id

    def _lease(self, count: int) -> list[Lease]:
        now = monotonic()
        rows = self._file.execute(
            RECEIVE, {"queue": self.name, "now": now, "until": now + self._visibility_s, "count": count}
        ).fetchall()
        return [
            Lease(message_id, receipt, body, received, group, json.loads(attributes))
            for _, message_id, receipt, body, received, group, attributes in sorted(rows)
        ]

    def _change(self, lease: Lease, action: str, **values: float) -> None:
        """Do something to the message, if it is still ours."""
        changed = self._file.execute(
            f"{action} WHERE message_id = :message_id AND receipt = :receipt AND hidden_until > :now",
            {"message_id": lease.message_id, "receipt": lease.receipt, "now": monotonic(), **values},
        ).rowcount
        if not changed:
            raise LeaseLost(message_id=lease.message_id)

    def _version(self) -> tuple[int, int]:
        """What differs once another connection, or another thread on this one, has changed something."""
        return self._file.execute("PRAGMA data_version").fetchone()[0], self._file.total_changes

    def _next_appearance(self) -> float:
        """When the next hidden message shows itself again."""
        (soonest,) = self._file.execute(
            "SELECT min(hidden_until) FROM messages WHERE queue = ? AND hidden_until > 0 AND hidden_until > ?",
            (self.name, monotonic()),
        ).fetchone()
        return float("inf") if soonest is None else float(soonest)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, in which either all happens or nothing."""
        with self._turn, self._faults():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield self._file
                self._file.execute("COMMIT")
            finally:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
            self._turn.notify_all()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise QueueUnavailable(queue=self.name, reason=error) from error
