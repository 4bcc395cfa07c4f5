"""What a queue promises. One suite (tests/integration/test_queue_conformance.py) holds every adapter to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

#: The most messages that one receive leases.
RECEIVE_MAX = 10


@dataclass(frozen=True)
class Lease:
    """One delivery of a message: ours until the visibility time has passed, unless extended."""

    message_id: str
    receipt: str
    body: str
    receive_count: int
    group: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Depth:
    """How many messages wait, are leased, and have been given up."""

    waiting: int
    leased: int
    dead: int


@dataclass(frozen=True)
class Message:
    """One of many messages that are sent together."""

    body: str
    group: str
    deduplication_id: str


class Queue(Protocol):
    """At-least-once delivery with leases. Messages of one group are delivered in order of sending, and while any
    of them is leased no further one of that group is delivered by a later receive."""

    name: str

    def send(
        self,
        body: str,
        *,
        group: str = "work",
        deduplication_id: str | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> str:
        """Add a message and return its id; the same deduplication id within five minutes returns the first's."""

    def send_all(self, messages: Sequence[Message]) -> None:
        """Add many messages, in their order. Where it fails, some may be there: sent again, they are added once."""

    def receive(self, count: int, wait_s: float) -> list[Lease]:
        """Lease up to `count` messages, RECEIVE_MAX at the most, waiting up to `wait_s` for the first. QueueMissing if
        the queue is absent."""

    def extend(self, lease: Lease, visibility_s: float) -> None:
        """Keep the message for `visibility_s` from now. LeaseLost if it is not ours any more."""

    def release(self, lease: Lease, delay_s: float = 0.0) -> None:
        """Hand the message back, to be delivered again after `delay_s`. LeaseLost as above."""

    def acknowledge(self, lease: Lease) -> None:
        """Remove the message: its work is done and told. LeaseLost as above."""

    def dead_letter(self, lease: Lease, reason: str) -> None:
        """Move the message aside, with the reason, where a person can look at it. LeaseLost as above."""

    def depth(self) -> Depth:
        """Count the messages (approximately, where the service counts so)."""

    def close(self) -> None:
        """Let go of connections and files."""
