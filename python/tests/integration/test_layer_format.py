"""The layer files of r/src/layer.h, written and read here by an independent hand."""

import json
import os
import struct
import subprocess
from pathlib import Path

WORD = (1 << 64) - 1
HEADER = struct.Struct("<8sIIqqqQQQ")
ALIGNMENT = 64
#: So many cells express each of the two long genes: together more than a 32-bit number counts.
LONG_GENE = 1_500_000_000


def mixed(state: int, word: int) -> int:
    state = ((state ^ word) * 0x9E3779B97F4A7C15) & WORD
    return (state << 31 | state >> 33) & WORD


def checksum(data: bytes) -> int:
    lanes = [1, 2, 3, 4]
    whole = len(data) // 32 * 32
    for at in range(0, whole, 32):
        words = struct.unpack_from("<4Q", data, at)
        lanes = [mixed(lane, word) for lane, word in zip(lanes, words, strict=True)]
    rest = struct.unpack("<4Q", data[whole:].ljust(32, b"\0"))
    state = len(data)
    for lane, word in zip(lanes, rest, strict=True):
        state = mixed(mixed(state, lane), word)
    state = ((state ^ state >> 32) * 0xD6E8FEB86659FD93) & WORD
    return state ^ state >> 29


def aligned(offset: int) -> int:
    return (offset + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def ask_r(library: Path, code: str, path: Path) -> list[object]:
    call = f"cat(jsonlite::toJSON({code}, digits = NA))"
    answer = subprocess.run(
        ["Rscript", "-e", f"layer <- tandem:::layer_open(commandArgs(TRUE)); {call}", str(path)],
        env=os.environ | {"R_LIBS": str(library)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(answer.stdout)
    assert isinstance(found, list)
    return found


def test_a_gene_beyond_two_to_the_31_entries_is_read_at_its_place(tmp_path: Path, r_library: Path) -> None:
    entries = 2 * LONG_GENE + 3
    starts = [0, LONG_GENE, 2 * LONG_GENE, entries]
    head = HEADER.pack(b"TANDEMGM", 1, 1, 2_000_000_000, 3, entries, 0, 0, 0)
    head = head[:-8] + struct.pack("<Q", checksum(head[:-8]))
    cells_at = aligned(HEADER.size + 8 * len(starts))
    values_at = aligned(cells_at + 4 * entries)
    path = tmp_path / "huge.layer"
    with path.open("wb") as file:  # with holes: a few pages on disk, 15 GB by name
        file.write(head + struct.pack("<4q", *starts))
        file.seek(cells_at + 4 * starts[2])
        file.write(struct.pack("<3i", 1_999_999_999, 7, 12))
        file.seek(values_at + starts[2])
        file.write(bytes([1, 2, 3]))
    assert ask_r(r_library, "tandem:::layer_columns(layer, 3L)[[1]]$cell", path) == [7, 12, 1_999_999_999]
    assert ask_r(r_library, "tandem:::layer_columns(layer, 3L)[[1]]$value", path) == [2, 3, 1]
    assert ask_r(r_library, "tandem:::layer_facts(layer)$entries", path) == [entries]
