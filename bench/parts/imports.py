"""Counts in a 10x file become an experiment, beside the same steps of scanpy."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contestants import Failed
from bench.experiments import ENVIRONMENT, KEPT, ROOT, Experiment, Experiments
from bench.parts.found import Found
from bench.rows import Row

#: Turns of each, by the size; of one that takes minutes, one.
TURNS = {"10k": 3}
#: Bytes that an entry of a matrix takes in R: a row and a value.
ENTRY_BYTES = 12
#: What an import may take: so many seconds for so many cells,
SECONDS = {"10k": 60.0, "50k": 360.0}
#: and so many times the counts in memory.
MEMORY_TIMES = 2.5
SCANPY = ROOT / ".tandem" / "bench-venv" / "bin" / "python"


@dataclass(frozen=True)
class Taken:
    seconds: float
    #: The largest process at its largest.
    peak_mb: float
    output: str


def run(command: Sequence[str | Path], **more: str) -> Taken:
    """A command to its end, with what it and its children took."""
    began = time.perf_counter()
    log = KEPT / "import.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=ROOT, env=ENVIRONMENT | more, stdout=file, stderr=file
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise Failed(f"{command[0]} ended with {process.returncode}: {log.read_text()[-500:]}")
    return Taken(seconds, usage.ru_maxrss / 1024, log.read_text())


def counts_file(experiment: Experiment) -> Path:
    """The experiment's counts as a 10x file, made once."""
    path = experiment.folder / "counts.h5"
    if not path.exists():
        parcel = experiment.folder / "parcel"
        shutil.rmtree(parcel, ignore_errors=True)
        run(["Rscript", "-e", "a <- commandArgs(TRUE); tandem::export_parcel(a[1], a[2])", experiment.folder, parcel])
        beside = path.with_suffix(".new")
        run([sys.executable, "-m", "bench.tenx", parcel, beside])
        shutil.rmtree(parcel)
        beside.rename(path)
    return path


def measure(experiments: Experiments) -> Found:
    """The base size; the 10k too, whose limit is in seconds as well."""
    found = Found()
    for experiment in dict.fromkeys((Experiment("10k").ready(), experiments.base)):
        found += _measure(experiment)
    return found


def _measure(experiment: Experiment) -> Found:
    source = counts_file(experiment)
    data = KEPT / "imported"
    ours: list[Taken] = []
    theirs: list[Taken] = []
    for _ in range(TURNS.get(experiment.size, 1)):
        shutil.rmtree(data, ignore_errors=True)
        command = [sys.executable, "-m", "tandem", "import", source, "--id", "bench"]
        ours.append(run(command, TANDEM_DATA=str(data), TANDEM_HOME=str(ROOT)))
        target = KEPT / "scanpy.h5ad"
        theirs.append(run([SCANPY, "-m", "bench.contestants.scanpy_import", source, target]))
        target.unlink()
    ours_by_step = json.loads((data / "bench" / "import.json").read_text())["seconds"]
    shutil.rmtree(data)
    counts_mb = entries_of(source) * ENTRY_BYTES / 1e6
    what = f"import of {experiment.size} cells from a 10x file"
    peer = "scanpy: the same steps"
    found = Found()
    found.rows += [
        Row(
            f"{what}, within {SECONDS.get(experiment.size, 0):.0f} s",
            "s",
            [t.seconds for t in ours],
            at_most=SECONDS.get(experiment.size),
        ),
        Row(what, "s", [t.seconds for t in ours], peer, [t.seconds for t in theirs]),
        Row(f"{what}: largest process / counts", "x", [t.peak_mb / counts_mb for t in ours], at_most=MEMORY_TIMES),
        Row(f"{what}: largest process", "MB", [t.peak_mb for t in ours], peer, [t.peak_mb for t in theirs]),
    ]
    found.remarks.append(
        f"{what}, seconds of each step: {_told(ours_by_step)}; "
        f"scanpy: {_told(json.loads(theirs[-1].output.splitlines()[-1]))}."
    )
    return found


def entries_of(path: Path) -> int:
    """How many counts a 10x file holds."""
    import h5py

    with h5py.File(path) as file:
        return int(file["matrix/data"].shape[0])


def _told(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {taken:.1f}" for name, taken in seconds.items())
