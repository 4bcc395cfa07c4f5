"""The file behind the embedded queue: its tables, its durability, and what a restart of the machine means for it.

Leases are measured on the monotonic clock, which all processes of a machine share: setting the wall clock, or
sleeping with the lid closed, neither ends a lease nor stretches it. A restart of the machine sets that clock back
and ends every process, so the first opening after it ends every lease.
"""

import os
import sqlite3
from pathlib import Path

#: Seconds to wait for another process's write to end.
BUSY_S = 10.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    place INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    message_group TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    receipt TEXT,
    hidden_until REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS messages_by_queue ON messages (queue, place);
CREATE INDEX IF NOT EXISTS messages_hidden ON messages (queue, hidden_until) WHERE hidden_until > 0;
CREATE TABLE IF NOT EXISTS sent (
    queue TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    sent_at REAL NOT NULL,
    PRIMARY KEY (queue, deduplication_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sent_by_time ON sent (sent_at);
CREATE TABLE IF NOT EXISTS dead (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    message_group TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    receive_count INTEGER NOT NULL,
    reason TEXT NOT NULL,
    died_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS boot (id TEXT NOT NULL);
"""


def open_file(path: Path) -> sqlite3.Connection:
    """Open, and if need be make, a queue file. The connection may go from thread to thread, one at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Messages carry their sender's credentials: the file, and what SQLite puts beside it, is its owner's alone.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    file = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        _prepare(file)
    except BaseException:
        file.close()
        raise
    return file


def _prepare(file: sqlite3.Connection) -> None:
    file.execute("PRAGMA journal_mode = WAL")
    # NORMAL survives the death of every process. A power cut may undo the last commits, never tear one: a message
    # sent in that moment may be gone, one acknowledged may come again.
    file.execute("PRAGMA synchronous = NORMAL")
    file.executescript(f"BEGIN IMMEDIATE; {SCHEMA}")
    boot = _boot()
    if file.execute("SELECT id FROM boot").fetchall() != [(boot,)]:
        file.execute("DELETE FROM boot")
        file.execute("INSERT INTO boot VALUES (?)", (boot,))
        file.execute("UPDATE messages SET receipt = NULL, hidden_until = 0")
    file.execute("COMMIT")


def _boot() -> str:
    """What tells one start of the machine from the next, where the system says so."""
    known = Path("/proc/sys/kernel/random/boot_id")
    return known.read_text().strip() if known.exists() else ""
