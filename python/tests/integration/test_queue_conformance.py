"""What every queue promises. Where the simulator of SQS keeps less than SQS does, a test says so by name."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from fixtures.aws import Aws
from tandem.errors import LeaseLost
from tandem.queues import Depth, Queue
from tandem.queues.sqlite import SqliteQueue
from tandem.queues.sqs import SqsQueue

#: Opens the queue under test with a visibility time in seconds, as another process would.
Opener = Callable[[float], Queue]

#: SQS counts in whole seconds.
VISIBILITY_S = 1.0


@pytest.fixture(params=["sqlite", "sqs-fifo", "sqs-standard"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_again(kind: str, request: pytest.FixtureRequest, tmp_path: Path, fresh_name: str) -> Iterator[Opener]:
    with ExitStack() as opened:
        if kind == "sqlite":
            path = tmp_path / "q.sqlite"
            yield lambda visibility_s: opened.enter_context(closing(SqliteQueue(path, fresh_name, visibility_s)))
            return
        aws: Aws = request.getfixturevalue("moto_server")
        name = fresh_name + (".fifo" if kind == "sqs-fifo" else "")
        aws.create_queue(name)
        yield lambda visibility_s: opened.enter_context(
            closing(SqsQueue(aws.settings(visibility_s=visibility_s), f"sqs://{name}"))
        )


@pytest.fixture
def queue(open_again: Opener) -> Queue:
    return open_again(30.0)


@pytest.fixture
def ordered(kind: str) -> None:
    """Only for queues that know groups."""
    if kind == "sqs-standard":
        pytest.skip("a standard queue knows no groups")


def test_a_message_is_leased_as_it_was_sent(queue: Queue, open_again: Opener) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    message_id = queue.send('{"ETag": "ü"}', attributes={"AWSTraceHeader": trace, "Other": "this"})
    (lease,) = open_again(30).receive(10, 0)
    assert (lease.message_id, lease.body, lease.receive_count) == (message_id, '{"ETag": "ü"}', 1)
    assert lease.attributes == {"AWSTraceHeader": trace, "Other": "this"}


def test_an_acknowledged_message_is_gone(queue: Queue) -> None:
    queue.send("a")
    (lease,) = queue.receive(1, 0)
    queue.acknowledge(lease)
    assert queue.depth() == Depth(0, 0, 0)
    assert queue.receive(1, 0) == []


def test_a_leased_message_is_hidden_and_counted(queue: Queue) -> None:
    queue.send("a")
    queue.send("b", group="other")
    queue.receive(1, 0)
    assert queue.depth() == Depth(waiting=1, leased=1, dead=0)


def test_a_receive_takes_no_more_than_asked(queue: Queue) -> None:
    for number in range(12):
        queue.send(str(number), group=str(number))
    assert len(queue.receive(3, 0)) == 3
    assert len(queue.receive(10, 0)) <= 9


def test_a_lease_that_runs_out_is_delivered_again_and_counted(open_again: Opener) -> None:
    queue = open_again(VISIBILITY_S)
    queue.send("a")
    (first,) = queue.receive(1, 0)
    (second,) = queue.receive(1, 5)
    assert (second.message_id, second.receive_count) == (first.message_id, 2)
    assert second.receipt != first.receipt


def test_an_extended_lease_outlives_its_first_time(open_again: Opener) -> None:
    queue = open_again(VISIBILITY_S)
    queue.send("a")
    (lease,) = queue.receive(1, 0)
    queue.extend(lease, 30)
    time.sleep(VISIBILITY_S + 0.3)
    assert queue.receive(1, 0) == []
    queue.acknowledge(lease)


def test_a_released_message_comes_again_at_once(queue: Queue) -> None:
    queue.send("a")
    (lease,) = queue.receive(1, 0)
    queue.release(lease)
    (again,) = queue.receive(1, 1)
    assert again.receive_count == 2


def test_a_message_released_with_a_delay_comes_after_it(queue: Queue) -> None:
    queue.send("a")
    (lease,) = queue.receive(1, 0)
    began = time.monotonic()
    queue.release(lease, delay_s=1)
    assert queue.receive(1, 0) == []
    assert len(queue.receive(1, 5)) == 1
    assert time.monotonic() - began > 0.9


def test_the_same_deduplication_id_is_one_message(queue: Queue, kind: str, ordered: None) -> None:
    first = queue.send("a", deduplication_id="same")
    again = queue.send("a", deduplication_id="same")
    if kind == "sqlite":  # the simulator drops the copy, but gives it an id of its own
        assert again == first
    queue.send("b", deduplication_id="other")
    assert [lease.body for lease in queue.receive(10, 0)] == ["a", "b"]


def test_without_a_deduplication_id_equal_messages_are_two(queue: Queue) -> None:
    queue.send("a")
    queue.send("a")
    assert len(queue.receive(10, 0)) == 2


def test_a_group_comes_in_the_order_of_sending(queue: Queue, ordered: None) -> None:
    for number in range(5):
        queue.send(str(number))
    assert [lease.body for lease in queue.receive(10, 0)] == ["0", "1", "2", "3", "4"]


def test_while_one_of_a_group_is_leased_no_further_one_is_delivered(queue: Queue, ordered: None) -> None:
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        queue.send(body, group=group)
    (a1,) = queue.receive(1, 0)
    assert [lease.body for lease in queue.receive(10, 0)] == ["b1"]
    queue.acknowledge(a1)
    assert [(lease.body, lease.group) for lease in queue.receive(10, 0)] == [("a2", "a")]


def test_a_message_handed_back_goes_before_its_followers(queue: Queue, ordered: None) -> None:
    queue.send("1")
    queue.send("2")
    (first,) = queue.receive(1, 0)
    queue.release(first)
    assert [lease.body for lease in queue.receive(10, 1)] == ["1", "2"]


def test_a_lease_is_lost_once_the_message_is_gone(queue: Queue, kind: str) -> None:
    queue.send("a")
    (lease,) = queue.receive(1, 0)
    queue.acknowledge(lease)
    with pytest.raises(LeaseLost, match=lease.message_id):
        queue.extend(lease, 30)
    with pytest.raises(LeaseLost):
        queue.dead_letter(lease, "too late")


def test_a_lease_that_ran_out_is_lost_in_every_respect(open_again: Opener, kind: str) -> None:
    if kind != "sqlite":
        pytest.skip("the simulator honours old receipts; SQS refuses them for ordered queues")
    queue = open_again(0.05)
    for again in (False, True):
        queue.send("a", group=str(again))
        (lease,) = queue.receive(1, 0)
        time.sleep(0.06)
        if again:
            assert open_again(30).receive(10, 0)
        for act in (
            lambda lease=lease: queue.extend(lease, 30),
            lambda lease=lease: queue.release(lease),
            lambda lease=lease: queue.acknowledge(lease),
            lambda lease=lease: queue.dead_letter(lease, "late"),
        ):
            with pytest.raises(LeaseLost, match=lease.message_id):
                act()
    assert queue.depth().leased == 2


def test_a_waiting_receive_sees_a_message_as_it_comes(open_again: Opener) -> None:
    queue, sender = open_again(30), open_again(30)
    sent_at: list[float] = []

    def send() -> None:
        sent_at.append(time.monotonic())
        sender.send("late")
        sender.close()

    timer = threading.Timer(0.3, send)
    timer.start()
    leases = queue.receive(1, 20)
    assert time.monotonic() - sent_at[0] < 2
    assert [lease.body for lease in leases] == ["late"]
    timer.join()


def test_a_receive_that_finds_nothing_ends_after_its_wait(queue: Queue) -> None:
    began = time.monotonic()
    assert queue.receive(1, 1) == []
    assert 0.9 < time.monotonic() - began < 3


def test_two_workers_never_hold_the_same_message(open_again: Opener, kind: str) -> None:
    sender = open_again(30)
    for number in range(40):
        sender.send(str(number), group=str(number))
    held: list[str] = []

    def work() -> None:
        queue = open_again(30)
        while leases := queue.receive(3, 0):
            held.extend(lease.body for lease in leases)
        queue.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if kind == "sqlite":  # the simulator answers receives at the same time with the same message
        assert sorted(held, key=int) == [str(number) for number in range(40)]
    assert set(held) == {str(number) for number in range(40)}


def test_one_queue_serves_many_threads(queue: Queue, kind: str) -> None:
    done: list[str] = []

    def work() -> None:
        while leases := queue.receive(1, 1):
            queue.extend(leases[0], 30)
            queue.acknowledge(leases[0])
            done.append(leases[0].body)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(30):
        queue.send(str(number), group=str(number % 5))
    for thread in threads:
        thread.join()
    if kind == "sqlite":  # as above
        assert sorted(done, key=int) == [str(number) for number in range(30)]
    assert set(done) == {str(number) for number in range(30)}
