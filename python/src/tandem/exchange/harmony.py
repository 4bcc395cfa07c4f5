"""Harmony over a folder of plain files, as R asks for it: `python -m tandem.exchange.harmony FOLDER` corrects
`pca.bin` for the differences between the samples in `samples.txt`, and writes `harmony.bin`."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import harmonypy
import numpy as np

SEED = 42


def correct(folder: Path) -> None:
    """Both matrices are 64-bit floats, the first component of all cells, then the second, ...; `pca.json` says how many
    `cells` and `components`."""
    shape = json.loads((folder / "pca.json").read_text())
    components = np.fromfile(folder / "pca.bin", "<f8").reshape((shape["cells"], shape["components"]), order="F")
    samples = (folder / "samples.txt").read_text(encoding="utf-8").split("\n")[:-1]
    found = harmonypy.run_harmony(
        components, {"sample": np.array(samples)}, "sample", random_state=SEED, ncores=1, verbose=False
    ).Z_corr
    corrected = np.asarray(found if found.shape == components.shape else found.T, "<f8")
    corrected.ravel(order="F").tofile(folder / "harmony.bin")


if __name__ == "__main__":
    correct(Path(sys.argv[1]))
    sys.stdout.write(f"harmonypy {version('harmonypy')}\n")
