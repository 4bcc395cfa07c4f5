"""Harmony over a folder of plain files, as R asks for it: `python -m tandem.exchange.harmony FOLDER` corrects
`pca.bin` for the differences between the samples in `samples.txt`, and writes `harmony.bin`."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import harmonypy
import numpy as np

SEED = 42
#: The ridge penalty of the published method; the package's own estimate hardly corrects samples that lie far apart.
RIDGE = 1.0
#: Rounds end when one improves the objective by no more than this share.
TOLERANCE = 1e-4
MOST_ROUNDS = 30


def correct(folder: Path) -> None:
    """Both matrices are 64-bit floats, the first component of all cells, then the second, ...; `pca.json` says how many
    `cells` and `components`."""
    shape = json.loads((folder / "pca.json").read_text())
    components = np.fromfile(folder / "pca.bin", "<f8").reshape((shape["cells"], shape["components"]), order="F")
    samples = (folder / "samples.txt").read_text(encoding="utf-8").split("\n")[:-1]
    found = harmonypy.run_harmony(
        components,
        {"sample": np.array(samples)},
        "sample",
        lamb=RIDGE,
        epsilon_harmony=TOLERANCE,
        max_iter_harmony=MOST_ROUNDS,
        random_state=SEED,
        ncores=1,
        verbose=False,
    ).Z_corr
    corrected = np.asarray(found, "<f8")
    corrected.ravel(order="F").tofile(folder / "harmony.bin")


if __name__ == "__main__":
    correct(Path(sys.argv[1]))
    sys.stdout.write(f"harmonypy {version('harmonypy')}\n")
