"""Queues against a model of a queue that fits on a page: any order of calls gives what the model says."""

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from fixtures.aws import Aws
from tandem.errors import LeaseLost
from tandem.queues import Lease, Queue
from tandem.queues.sqlite import SqliteQueue
from tandem.queues.sqs import SqsQueue

#: Seconds of the model's leases.
VISIBILITY_S = 30.0
QUICK = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
GROUPS = st.sampled_from(["a", "b"])
SECONDS = st.sampled_from([1.0, 10.0, 40.0])


@dataclass
class Message:
    """A message as the model knows it."""

    message_id: str
    body: str
    group: str
    received: int = 0
    receipt: str | None = None
    hidden_until: float = -1.0


class QueueMachine(RuleBasedStateMachine):
    """What both queues can do, on a clock that stands still."""

    queue: Queue
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.messages: list[Message] = []
        self.dead = 0

    def hidden(self, message: Message) -> bool:
        return message.hidden_until > self.now

    def owned(self, lease: Lease) -> Message | None:
        """The message, if the lease on it holds."""
        return next((m for m in self.messages if m.receipt == lease.receipt and self.hidden(m)), None)

    def settle(self) -> None:
        """Let the adapter catch up with the model's clock."""

    @rule(group=GROUPS)
    def send(self, group: str) -> None:
        body = uuid4().hex
        self.messages.append(Message(self.queue.send(body, group=group), body, group))

    @rule(count=st.integers(1, 10), target=leases)
    def receive(self, count: int) -> object:
        self.settle()
        blocked = {m.group for m in self.messages if self.hidden(m)}
        expected = [m for m in self.messages if m.group not in blocked][:count]
        leases = self.queue.receive(count, 0)
        assert [(lease.message_id, lease.body, lease.group) for lease in leases] == [
            (m.message_id, m.body, m.group) for m in expected
        ]
        for message, lease in zip(expected, leases, strict=True):
            message.received += 1
            message.receipt, message.hidden_until = lease.receipt, self.now + VISIBILITY_S
            assert lease.receive_count == message.received
        return multiple(*leases)

    @rule(lease=leases, seconds=SECONDS)
    def extend(self, lease: Lease, seconds: float) -> None:
        if message := self.allowed(lease, lambda: self.queue.extend(lease, seconds)):
            message.hidden_until = self.now + seconds

    @rule(lease=leases)
    def release(self, lease: Lease) -> None:
        if message := self.allowed(lease, lambda: self.queue.release(lease)):
            message.hidden_until, message.receipt = -1.0, None

    @rule(lease=leases)
    def acknowledge(self, lease: Lease) -> None:
        if message := self.allowed(lease, lambda: self.queue.acknowledge(lease)):
            self.messages.remove(message)

    @rule(lease=leases)
    def dead_letter(self, lease: Lease) -> None:
        if message := self.allowed(lease, lambda: self.queue.dead_letter(lease, "because")):
            self.messages.remove(message)
            self.dead += 1

    def allowed(self, lease: Lease, act: object) -> Message | None:
        """The message that the act has changed; for a lease that does not hold, LeaseLost and None."""
        message = self.owned(lease)
        if message is None:
            with pytest.raises(LeaseLost):
                act()
        else:
            act()
        return message

    @invariant()
    def the_counts_agree(self) -> None:
        depth = self.queue.depth()
        hidden = sum(self.hidden(m) for m in self.messages)
        assert (depth.waiting, depth.leased) == (len(self.messages) - hidden, hidden)
        assert depth.dead == self.dead


class SqliteMachine(QueueMachine):
    """The embedded queue also has a clock, delays, deduplication, a way back for the dead, and restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("tandem.queues.sqlite.monotonic", lambda: self.now)
        self.patch.setattr("tandem.queues.sqlite.time", lambda: 1e9 + self.now)
        self.sent: dict[str, tuple[float, str]] = {}
        self.open()

    def open(self) -> None:
        self.queue = SqliteQueue(Path(self.folder.name) / "q.sqlite", "model", VISIBILITY_S)

    def teardown(self) -> None:
        self.queue.close()
        self.patch.undo()
        self.folder.cleanup()

    @rule()
    def restart(self) -> None:
        self.queue.close()
        self.open()

    @rule(seconds=st.sampled_from([1.0, 29.0, 30.0, 300.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule(group=GROUPS, deduplication_id=st.sampled_from(["x", "y"]))
    def send_once(self, group: str, deduplication_id: str) -> None:
        body = uuid4().hex
        message_id = self.queue.send(body, group=group, deduplication_id=deduplication_id)
        sent_at, known = self.sent.get(deduplication_id, (-1e9, ""))
        if self.now - sent_at < 300:
            assert message_id == known
        else:
            self.sent[deduplication_id] = (self.now, message_id)
            self.messages.append(Message(message_id, body, group))

    @rule(lease=QueueMachine.leases, delay_s=SECONDS)
    def release_later(self, lease: Lease, delay_s: float) -> None:
        if message := self.allowed(lease, lambda: self.queue.release(lease, delay_s)):
            message.hidden_until, message.receipt = self.now + delay_s, None


class SqsMachine(QueueMachine):
    """The simulator counts whole seconds of the real clock and honours old receipts, so time stands still here."""

    aws: Aws

    @initialize()
    def open(self) -> None:
        name = f"model-{uuid4().hex}"
        self.aws.create_queue(f"{name}.fifo")
        self.aws.create_queue(f"{name}-dead.fifo")
        self.queue = SqsQueue(self.aws.settings(visibility_s=VISIBILITY_S), f"sqs://{name}.fifo")

    def teardown(self) -> None:
        if hasattr(self, "queue"):
            self.queue.close()

    def settle(self) -> None:
        # What was released in this very millisecond shows itself in the next.
        time.sleep(0.002)

    def allowed(self, lease: Lease, act: object) -> Message | None:
        return super().allowed(lease, act) if self.owned(lease) else None


def test_the_embedded_queue_does_as_the_model() -> None:
    run_state_machine_as_test(SqliteMachine, settings=settings(QUICK, max_examples=60, stateful_step_count=40))


def test_sqs_does_as_the_model(moto_server: Aws) -> None:
    machine = type("Machine", (SqsMachine,), {"aws": moto_server})
    run_state_machine_as_test(machine, settings=settings(QUICK, max_examples=8, stateful_step_count=20))
