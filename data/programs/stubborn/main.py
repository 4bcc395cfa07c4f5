"""Starts a child and three grandchildren that ignore signals: `main.py OUTPUT_FOLDER SECONDS LEAVE`."""

import os
import signal
import sys
import time
from pathlib import Path

results, seconds, leave = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "true"
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, signal.SIG_IGN)

began, told = os.pipe()


def stay(name: str) -> None:
    """Tell that this process is there, and outlive what should end it."""
    os.write(told, f"{name} {os.getpid()}\n".encode())
    time.sleep(seconds)
    os._exit(0)


def start_grandchildren() -> None:
    """One as usual, one in a session of its own, one whose parent is gone."""
    if os.fork() == 0:
        stay("grandchild")
    if os.fork() == 0:
        os.setsid()
        stay("own-session")
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            stay("orphan")
        os._exit(0)


if os.fork() == 0:
    start_grandchildren()
    stay("child")

lines = b""
while lines.count(b"\n") < 4:
    lines += os.read(began, 4096)
(results / "processes.txt").write_bytes(lines)
print(lines.decode(), end="", flush=True)
if not leave:
    time.sleep(seconds)
