"""HDF5 of 10x, AnnData and loom: damaged, or sound HDF5 that holds something else than it should."""

import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import h5py
import numpy as np

from fuzz.draw import ODD_TEXTS, Draw
from fuzz.importing import bring_in
from fuzz.target import Target
from helpers.data_sets import anndata_of, small_counts, write_h5, write_loom
from tandem.exchange import probe

COUNTS = small_counts(cells=5, genes=6)
DEADLY = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)
#: Shapes that would not fit any memory, and take no room in the file.
HUGE = ((5, 1 << 31), (1 << 31,), (1 << 31, 6), (1 << 20, 1 << 20))
NUMBER_TYPES = ("i1", "u1", "i4", "u8", "f2", "f4", "f8", ">f8", "?", "c8", "S3", "M8[s]")


def run(data: bytes) -> None:
    """Bytes of a sound file are replaced, or whole parts of it."""
    draw = Draw(data)
    name, content = draw.one_of(_sound())

    def write(folder: Path) -> None:
        path = folder / name
        path.write_bytes(content)
        if draw.flag():
            _replace_parts(draw, path)
        else:
            damaged = bytearray(path.read_bytes())
            for _ in range(1 + draw.upto(15)):
                at, put = draw.upto(len(damaged) - 1), draw.take(1 + draw.upto(7))
                damaged[at : at + len(put)] = put
            path.write_bytes(damaged[: draw.upto(len(damaged))] if draw.upto(15) == 1 else damaged)

    with patch.object(probe.subprocess, "run", _probed_in_a_fork):
        bring_in(write)


def _replace_parts(draw: Draw, path: Path) -> None:
    with h5py.File(path, "r+") as file:
        found: list[str] = []
        file.visit(found.append)
        for _ in range(1 + draw.upto(2)):
            place = draw.one_of(found)
            if place not in file:
                continue
            if draw.upto(3) == 1:
                names = [*file[place].attrs, "encoding-type", "encoding-version", "shape"]
                file[place].attrs[draw.one_of(names)] = _array(draw, ())
            else:
                old = file[place]
                shape = old.shape if isinstance(old, h5py.Dataset) else ()
                del file[place]
                put = _array(draw, shape)
                if draw.upto(3) == 1:
                    file.create_dataset(place, draw.one_of(HUGE), "f8", chunks=True)
                elif draw.upto(7) != 1:
                    file[place] = put


def _array(draw: Draw, shape: Sequence[int]) -> Any:
    """An array of this shape or another, of any type."""
    shape = draw.one_of((tuple(shape), (*shape, 2), tuple(shape)[:-1], (0,), (), (5,), (6,), (6, 5)))
    if draw.flag():
        texts = [draw.one_of(ODD_TEXTS).encode("utf-8", "surrogatepass").replace(b"\0", b"") for _ in range(3)]
        return np.resize(np.array(texts, object), shape).astype(h5py.string_dtype())
    values = np.resize(np.array([draw.upto(255), draw.upto(9), 0]), shape)
    kind = draw.one_of(NUMBER_TYPES)
    return values.astype("i8" if kind == "M8[s]" else kind)


def _probed_in_a_fork(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[bytes]:
    """The probe as it is, but in a process that has its libraries already."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for number in DEADLY:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(probe.MOST_SECONDS)
            resource.setrlimit(resource.RLIMIT_AS, (probe.MOST_MEMORY, probe.MOST_MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            code = probe.look_through(command[-1])
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(status))


_files: list[tuple[str, bytes]] = []


def _sound() -> list[tuple[str, bytes]]:
    """One file of each kind, made when it is first needed."""
    if not _files:
        with TemporaryDirectory() as place:
            folder = Path(place)
            data = anndata_of(COUNTS, obs={"leiden": ["a", "b"] * 2 + ["a"], "n": np.arange(5), "ok": [True] * 5})
            data.obs["leiden"] = data.obs["leiden"].astype("category")
            data.obsm["X_umap"] = np.arange(10.0).reshape(5, 2)
            data.uns["leiden_colors"] = ["#112233", "#445566"]
            data.write_h5ad(folder / "d.h5ad")
            write_h5(folder / "a.h5", COUNTS)
            write_h5(folder / "b.h5", COUNTS, version=2)
            write_loom(folder / "c.loom", COUNTS, cells={"Clusters": np.arange(5), "_X": np.ones(5), "_Y": np.ones(5)})
            _files.extend((path.name, path.read_bytes()) for path in sorted(folder.iterdir()))
    return _files


def seeds() -> list[bytes]:
    """Choices of each kind for each file."""
    return [bytes([file, way, 1, at, 0, at, 1, 1, 1]) for file in range(4) for way in (0, 1) for at in (0, 9, 21)]


TARGET = Target(run, seeds, examples=30)
