"""A parcel: the plain folder in which Python and R hand each other a data set. docs/parcel.md describes its files."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tandem.errors import ParcelDamaged

VERSION = 1
#: How many entries are held in memory at a time while a layer is read.
BLOCK_ENTRIES = 8_000_000

Kind = Literal["category", "number", "flag"]
Layer = Literal["counts", "data"]

#: What the values of a column or a layer are on disk; all are little-endian.
COLUMN_TYPES: dict[Kind, str] = {"category": "<i4", "number": "<f8", "flag": "<i1"}
LAYER_TYPES: dict[Layer, str] = {"counts": "<i4", "data": "<f4"}


@dataclass(frozen=True)
class Column:
    """What is known of each cell: a category as its place among `levels` (-1 for none), a number (NaN for none) or a
    flag (1, 0, and -1 for neither)."""

    name: str
    kind: Kind
    values: NDArray[Any]
    levels: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reduction:
    """Where each cell lies: cells x dimensions, NaN for a cell that has no place."""

    name: str
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Contents:
    """All of a parcel but its layers."""

    barcodes: Sequence[str]
    gene_ids: Sequence[str]
    gene_names: Sequence[str]
    columns: Sequence[Column] = ()
    reductions: Sequence[Reduction] = ()
    #: Free facts that travel along: where the data came from.
    notes: dict[str, Any] = field(default_factory=dict)
    #: The text of a `cell_sets.json` that holds for these cells as it is, where an experiment of ours came back.
    cell_sets: str | None = None


class LayerWriter:
    """Appends blocks of cells to a layer, so that no matrix is ever whole in memory."""

    def __init__(self, folder: Path, layer: Layer) -> None:
        self._layer: Layer = layer
        self._starts, self._genes, self._values = (
            (folder / f"{layer}.{part}").open("wb") for part in ("starts", "genes", "values")
        )
        self.cells = self.entries = 0
        self._starts.write(np.zeros(1, "<i8").tobytes())

    def append(self, block: sparse.csr_matrix | sparse.csr_array) -> None:
        """Add cells x genes; zeros that are stored are left out, a gene's entries are added up and put in order."""
        block.sum_duplicates()
        block.eliminate_zeros()
        self._starts.write((block.indptr[1:].astype("<i8") + self.entries).tobytes())
        self._genes.write(block.indices.astype("<i4", copy=False).tobytes())
        self._values.write(block.data.astype(LAYER_TYPES[self._layer], copy=False).tobytes())
        self.cells += block.shape[0]
        self.entries += int(block.indptr[-1])

    def close(self) -> None:
        """No more cells."""
        for file in (self._starts, self._genes, self._values):
            file.close()

    def __enter__(self) -> "LayerWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def write_contents(folder: Path, contents: Contents) -> None:
    """Write everything but the layers, which are there already; `parcel.json` comes last."""
    write_lines(folder / "barcodes.txt", contents.barcodes)
    write_lines(folder / "gene_ids.txt", contents.gene_ids)
    write_lines(folder / "gene_names.txt", contents.gene_names)
    for place, column in enumerate(contents.columns):
        np.ascontiguousarray(column.values, COLUMN_TYPES[column.kind]).tofile(folder / f"column-{place}.bin")
    for place, reduction in enumerate(contents.reductions):
        np.asarray(reduction.values, "<f8").ravel(order="F").tofile(folder / f"reduction-{place}.bin")
    if contents.cell_sets is not None:
        (folder / "cell_sets.json").write_text(contents.cell_sets, encoding="utf-8")
    summary = {
        "version": VERSION,
        "cells": len(contents.barcodes),
        "genes": len(contents.gene_ids),
        "layers": [layer for layer in LAYER_TYPES if (folder / f"{layer}.starts").exists()],
        "columns": [
            {"name": column.name, "kind": column.kind, "levels": column.levels, "colours": column.colours}
            for column in contents.columns
        ],
        "reductions": [
            {"name": reduction.name, "dimensions": reduction.values.shape[1]} for reduction in contents.reductions
        ],
        "notes": contents.notes,
    }
    (folder / "parcel.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """One text a line; signs that would end a line become spaces."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(" ".join(line.splitlines()) + "\n" for line in lines)


class Parcel:
    """Reads a parcel that anybody may have written: what does not fit together is refused, never believed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._summary = json.loads(self._read_text("parcel.json"))
            self.cells, self.genes = int(self._summary["cells"]), int(self._summary["genes"])
            self.layers: list[Layer] = [layer for layer in LAYER_TYPES if layer in self._summary["layers"]]
            self.contents = self._contents()
        except (KeyError, TypeError, ValueError) as error:
            raise ParcelDamaged(folder=folder, reason=str(error)) from None

    def entries(self, layer: Layer) -> int:
        """How many values of the layer are not 0."""
        return int(self._numbers(f"{layer}.starts", "<i8", self.cells + 1)[-1])

    def blocks(self, layer: Layer) -> Iterator[sparse.csr_matrix]:
        """The layer, cells x genes, some cells at a time."""
        starts = self._numbers(f"{layer}.starts", "<i8", self.cells + 1)
        entries = int(starts[-1])
        if starts[0] != 0 or (np.diff(starts) < 0).any():
            raise ParcelDamaged(folder=self._folder, reason=f"{layer}.starts does not ascend from 0")
        with self._open(f"{layer}.genes", 4 * entries) as genes, self._open(f"{layer}.values", 4 * entries) as values:
            first = 0
            while first < self.cells:
                last = int(np.searchsorted(starts, starts[first] + BLOCK_ENTRIES, side="right")) - 1
                last = min(max(last, first + 1), self.cells)
                size = int(starts[last] - starts[first])
                indices = np.fromfile(genes, "<i4", size)
                if size and not (indices.min() >= 0 and indices.max() < self.genes):
                    raise ParcelDamaged(folder=self._folder, reason=f"{layer}.genes names a gene that is not there")
                data = np.fromfile(values, LAYER_TYPES[layer], size)
                pointers = starts[first : last + 1] - starts[first]
                yield sparse.csr_matrix((data, indices, pointers), (last - first, self.genes))
                first = last

    def _contents(self) -> Contents:
        return Contents(
            barcodes=self._lines("barcodes.txt", self.cells),
            gene_ids=self._lines("gene_ids.txt", self.genes),
            gene_names=self._lines("gene_names.txt", self.genes),
            columns=[self._column(place, entry) for place, entry in enumerate(self._summary["columns"])],
            reductions=[self._reduction(place, entry) for place, entry in enumerate(self._summary["reductions"])],
            notes=self._summary["notes"],
            cell_sets=self._read_text("cell_sets.json") if (self._folder / "cell_sets.json").exists() else None,
        )

    def _column(self, place: int, entry: dict[str, Any]) -> Column:
        kind: Kind = entry["kind"]
        levels = tuple(str(level) for level in entry["levels"])
        values = self._numbers(f"column-{place}.bin", COLUMN_TYPES[kind], self.cells)
        if kind == "category" and self.cells and not (values.min() >= -1 and values.max() < len(levels)):
            raise ParcelDamaged(folder=self._folder, reason=f"column {entry['name']} has more values than levels")
        return Column(str(entry["name"]), kind, values, levels, tuple(str(colour) for colour in entry["colours"]))

    def _reduction(self, place: int, entry: dict[str, Any]) -> Reduction:
        dimensions = int(entry["dimensions"])
        values = self._numbers(f"reduction-{place}.bin", "<f8", self.cells * dimensions)
        return Reduction(str(entry["name"]), values.reshape((self.cells, dimensions), order="F"))

    def _open(self, name: str, size: int) -> IO[bytes]:
        """A regular file of just that size: whoever wrote the parcel may have put a link or a pipe in its place."""
        try:
            handle = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise ParcelDamaged(folder=self._folder, reason=f"{name}: {error.strerror}") from None
        file = os.fdopen(handle, "rb")
        if size >= 0 and os.fstat(handle).st_size != size:
            file.close()
            raise ParcelDamaged(folder=self._folder, reason=f"{name} does not have {size} bytes")
        return file

    def _numbers(self, name: str, kind: str, count: int) -> NDArray[Any]:
        with self._open(name, count * np.dtype(kind).itemsize) as file:
            return np.fromfile(file, kind, count)

    def _read_text(self, name: str) -> str:
        with self._open(name, -1) as file:
            return file.read().decode()

    def _lines(self, name: str, count: int) -> list[str]:
        lines = self._read_text(name).split("\n")[:-1]
        if len(lines) != count:
            raise ParcelDamaged(folder=self._folder, reason=f"{name} has {len(lines)} lines, not {count}")
        return lines
