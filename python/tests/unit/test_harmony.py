import json
import subprocess
import sys
from pathlib import Path

import numpy as np

CELLS, COMPONENTS = 240, 10


def components_of_two_samples() -> np.ndarray:
    """Three kinds of cells in each of two samples, which lie apart in the first component."""
    values = np.random.default_rng(1).normal(size=(CELLS, COMPONENTS))
    values[CELLS // 2 :, 0] += 8
    values[1::3, 1] += 5
    values[2::3, 2] += 5
    return values


def write_exchange(folder: Path) -> None:
    components_of_two_samples().ravel(order="F").tofile(folder / "pca.bin")
    (folder / "pca.json").write_text(json.dumps({"cells": CELLS, "components": COMPONENTS}))
    (folder / "samples.txt").write_text("".join(f"{'ab'[cell // (CELLS // 2)]}\n" for cell in range(CELLS)))


def corrected(folder: Path) -> tuple[bytes, str]:
    command = [sys.executable, "-m", "tandem.exchange.harmony", str(folder)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return (folder / "harmony.bin").read_bytes(), said


def test_samples_come_together_and_kinds_of_cells_stay_apart(tmp_path):
    write_exchange(tmp_path)
    found, said = corrected(tmp_path)
    after = np.frombuffer(found, "<f8").reshape((CELLS, COMPONENTS), order="F")
    apart = after[: CELLS // 2].mean(axis=0) - after[CELLS // 2 :].mean(axis=0)
    assert np.abs(apart).max() < 2
    assert after[1::3, 1].mean() - after[0::3, 1].mean() > 4
    assert said.startswith("harmonypy 2")


def test_the_same_components_are_corrected_to_the_same_bytes(tmp_path):
    write_exchange(tmp_path)
    assert corrected(tmp_path)[0] == corrected(tmp_path)[0]
