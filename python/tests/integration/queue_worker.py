"""Forks workers of an embedded queue and kills them at random moments; each keeps an account of what it did.

An account has one line a step, written before it (s, a) and after it (S, A): s send, a acknowledge.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from tandem.errors import LeaseLost
from tandem.queues.sqlite import SqliteQueue

#: Seconds that a dead worker's messages stay hidden.
VISIBILITY_S = 0.05


def work(folder: Path, number: int) -> None:
    """Send, receive and acknowledge until killed."""
    account = os.open(folder / f"account-{number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    queue = SqliteQueue(folder / "q.sqlite", "killed", VISIBILITY_S)
    for step in range(10**9):
        body = f"{number}-{step}"
        os.write(account, f"s {body}\n".encode())
        queue.send(body, group=str(step % 3))
        os.write(account, f"S {body}\n".encode())
        for lease in queue.receive(2, 0):
            os.write(account, f"a {lease.body}\n".encode())
            try:
                queue.acknowledge(lease)
            except LeaseLost:
                continue
            os.write(account, f"A {lease.body}\n".encode())


def start(folder: Path, number: int) -> int:
    """A worker's process id."""
    if worker := os.fork():
        return worker
    work(folder, number)
    os._exit(0)


def main() -> None:
    """Keep two workers going until so many were killed."""
    folder, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    workers = [start(folder, number) for number in range(2)]
    for number in range(2, kills + 2):
        time.sleep(chance.uniform(0.005, 0.05))
        victim = workers.pop(0)
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        if number < kills:
            workers.append(start(folder, number))


if __name__ == "__main__":
    main()
