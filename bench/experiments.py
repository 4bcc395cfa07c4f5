"""The experiments that everything is measured on, made once and kept."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Everything the benchmark makes for itself.
KEPT = ROOT / ".tandem" / "bench"
LIBRARY = ROOT / ".tandem" / "r-library"
#: One thread for the linear algebra under R and numpy, on every side: what is compared has threads of its own.
ENVIRONMENT = os.environ | {"R_LIBS": str(LIBRARY), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Experiment:
    """One size."""

    size: str

    @property
    def cells(self) -> int:
        return int(self.size.removesuffix("k")) * 1000

    @property
    def folder(self) -> Path:
        return KEPT / self.size

    @property
    def object(self) -> Path:
        return self.folder / "r.rds"

    def ready(self) -> "Experiment":
        """Make it, unless it is there."""
        if not self.object.exists():
            print(f"Making {self.cells:,} cells", flush=True)
            command = ["Rscript", "bench/generate.R", str(self.cells), str(self.folder)]
            subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True)
        return self

    def linked(self, folder: Path) -> None:
        """The same data as another experiment; only its cell sets may be changed."""
        (folder / "store").mkdir(parents=True)
        for path in (self.object, *(path for path in (self.folder / "store").iterdir() if path.is_file())):
            (folder / path.relative_to(self.folder)).hardlink_to(path)
        shutil.copy(self.folder / "cell_sets.json", folder)

    def genes(self, n: int) -> list[str]:
        """The same few genes at every call, from all over the list."""
        every = (self.folder / "arrays" / "genes.txt").read_text().split()
        return every[:: len(every) // n][:n]

    def cells_of(self, cluster: str) -> list[int]:
        """The ids of the cells of a cluster."""
        lines = (self.folder / "arrays" / "cells.csv").read_text().splitlines()[1:]
        fields = (line.split(",") for line in lines)
        return [int(cells_id) for _, cells_id, found, _ in fields if found == cluster]


@dataclass(frozen=True)
class Experiments:
    """The one that is measured by default, and a larger one to see how things grow."""

    base: Experiment
    large: Experiment | None
