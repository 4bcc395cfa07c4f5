"""Parcels as the sandbox hands them back, which a stranger's code may have written."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import sparse

from fuzz.draw import Draw
from fuzz.target import Target, only
from tandem.errors import ParcelDamaged
from tandem.exchange.parcel import Column, Contents, LayerWriter, Parcel, Reduction, write_contents

CELLS, GENES = 4, 3
FILES = (
    "parcel.json", "barcodes.txt", "column-0.bin", "reduction-0.bin", "counts.starts", "counts.genes", "counts.values",
)  # fmt: skip
WORDS = ("version", "cells", "genes", "layers", "columns", "reductions", "notes", "name", "kind", "levels", "colours",
         "dimensions", "counts", "data", "category", "number", "flag")  # fmt: skip


def run(data: bytes) -> None:
    """One of the files is the bytes, or in its summary something is changed."""
    draw = Draw(data)
    with TemporaryDirectory() as place, only(ParcelDamaged):
        folder = Path(place)
        _write(folder)
        if draw.flag():
            summary = json.loads((folder / "parcel.json").read_text(encoding="utf-8"))
            part = draw.one_of((summary, summary["columns"][0], summary["reductions"][0]))
            part[draw.text(WORDS)] = draw.value(WORDS)
            (folder / "parcel.json").write_text(json.dumps(summary), encoding="utf-8")
        else:
            (folder / draw.one_of(FILES)).write_bytes(draw.rest())
        parcel = Parcel(folder)
        for layer in parcel.layers:
            parcel.entries(layer)
            assert sum(block.shape[0] for block in parcel.blocks(layer)) == parcel.cells


def _write(folder: Path) -> None:
    with LayerWriter(folder, "counts") as layer:
        layer.append(sparse.csr_matrix(np.arange(CELLS * GENES).reshape(CELLS, GENES)))
    columns = [Column("kind", "category", np.arange(CELLS) % 2, ("a", "b"), ("#112233", "#445566"))]
    reductions = [Reduction("umap", np.ones((CELLS, 2)))]
    write_contents(folder, Contents(list("abcd"), list("xyz"), list("XYZ"), columns, reductions))


def seeds() -> list[bytes]:
    """Each file as it should be, and some choices."""
    with TemporaryDirectory() as place:
        _write(Path(place))
        files = [bytes([0, number]) + Path(place, name).read_bytes() for number, name in enumerate(FILES)]
    return [*files, *(bytes([1, part, 0, word, 3, 1, 3]) for part in range(3) for word in range(0, len(WORDS), 3))]


TARGET = Target(run, seeds, examples=80)
