"""HDF5 files that are given up in peace when the disk is full."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

import h5py


class _PatientFile(FileIO):
    """HDF5 bears no failure of a write: it can neither go on nor close its file. So it hears of none; the first one is
    kept for whoever asks, and what is written from then on goes nowhere."""

    fault: OSError | None = None

    def write(self, data: Any) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest and self.fault is None:
            try:
                rest = rest[super().write(rest) :]
            except OSError as fault:
                self.fault = fault
        return size

    def check(self) -> None:
        """Raise what went wrong."""
        if self.fault is not None:
            raise self.fault


@contextmanager
def new_file(path: Path) -> Iterator[tuple[h5py.File, Callable[[], None]]]:
    """A file to write, and a function that raises what has gone wrong so far: to be called now and then."""
    with _PatientFile(os.fspath(path), "w+") as raw:
        try:
            with h5py.File(raw, "w") as file:
                yield file, raw.check
        finally:
            # What went nowhere may be missed when HDF5 looks for it: this is the reason then.
            raw.check()
