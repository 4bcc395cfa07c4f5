"""Messages in our hands: kept, lost, interrupted."""

import threading
import time

import pytest

from fixtures.stack import wait_for
from tandem.errors import DeadlineExceeded, LeaseLost, QueueUnavailable, ShuttingDown, TaskKilled
from tandem.queues.base import Lease
from tandem.queues.leases import Leases

LEASE, OTHER = Lease("m1", "r1", "{}", 1), Lease("m2", "r2", "{}", 1)
VISIBILITY_S = 0.3
#: Seconds that a test waits for what is to happen.
WAIT_S = 20.0


class Extensions:
    """A queue that only extends, and answers as told."""

    name = "work"

    def __init__(self):
        self.asked = []
        self.fault = None

    def extend(self, lease, _):
        self.asked.append(lease)
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def queue():
    return Extensions()


@pytest.fixture
def leases(queue):
    keeper = Leases(VISIBILITY_S)
    yield keeper
    keeper.close()


def test_a_held_lease_is_extended_until_it_is_let_go(queue, leases):
    held = leases.hold(LEASE, queue)
    wait_for(lambda: queue.asked.count(LEASE) >= 3, WAIT_S, lambda: "It was not extended.")
    held.check()

    leases.let_go(held)
    leases.hold(OTHER, queue)
    wait_for(lambda: queue.asked.count(OTHER) >= 3, WAIT_S, lambda: "The other was not extended.")
    assert LEASE not in queue.asked[queue.asked.index(OTHER) :]


def test_a_lost_lease_interrupts_the_work(queue, leases):
    held = leases.hold(LEASE, queue)
    queue.fault = LeaseLost(message_id="m1")

    assert held.interrupted.wait(WAIT_S)
    with pytest.raises(LeaseLost):
        held.check_ours()


def test_one_failed_extension_is_tried_again(queue):
    leases = Leases(30.0)
    queue.fault = QueueUnavailable(queue="work", reason="gone")
    held = leases.hold(LEASE, queue)
    held.extended_at -= 11  # more than a third of its time
    wait_for(lambda: queue.asked, WAIT_S, lambda: "It was not extended.")
    queue.fault = None
    wait_for(lambda: time.monotonic() - held.extended_at < 10, WAIT_S, lambda: "It was not tried again.")

    held.check()
    assert not held.interrupted.is_set()
    leases.close()


def test_a_lease_that_could_not_be_extended_in_its_time_is_lost(queue, leases):
    held = leases.hold(LEASE, queue)
    queue.fault = QueueUnavailable(queue="work", reason="gone")

    assert held.interrupted.wait(WAIT_S)
    with pytest.raises(LeaseLost):
        held.check()


def test_the_ceiling_of_a_queue_ends_the_work_with_an_answer(queue, leases):
    held = leases.hold(LEASE, queue)
    queue.fault = DeadlineExceeded()

    assert held.interrupted.wait(WAIT_S)
    with pytest.raises(DeadlineExceeded):
        held.check()
    held.check_ours()


def test_the_first_reason_counts_but_a_lost_lease_is_remembered(queue, leases):
    held = leases.hold(LEASE, queue)
    held.interrupt(TaskKilled())
    held.interrupt(ShuttingDown())
    with pytest.raises(TaskKilled):
        held.check()

    held.interrupt(LeaseLost(message_id="m1"))
    with pytest.raises(LeaseLost):
        held.check()


def test_an_interruption_acts_at_once_and_also_when_it_came_before(queue, leases):
    acted = threading.Event()
    held = leases.hold(LEASE, queue)
    with held.when_interrupted(acted.set):
        held.interrupt(TaskKilled())
    assert acted.is_set()

    acted.clear()
    with held.when_interrupted(acted.set):
        assert acted.is_set()


def test_after_a_long_pause_the_queue_is_asked_before_anything_is_published(queue):
    leases = Leases(30.0)
    held = leases.hold(LEASE, queue)
    held.extended_at -= 60
    queue.fault = LeaseLost(message_id="m1")

    with pytest.raises(LeaseLost):
        held.check_ours()
    leases.close()
