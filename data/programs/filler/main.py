"""Fills the disk: `main.py OUTPUT_FOLDER MEGABYTES`."""

import sys
from pathlib import Path

MEGABYTE = bytes(range(250)) * 4000

results, megabytes = Path(sys.argv[1]), int(sys.argv[2])
with (results / "filled.bin").open("wb", buffering=0) as file:
    for written in range(1, megabytes + 1):
        try:
            file.write(MEGABYTE)
        except OSError as error:
            sys.exit(f"After {written - 1} MB: {error.strerror}.")
        if written % 10 == 0:
            print(f"{written} MB", flush=True)
