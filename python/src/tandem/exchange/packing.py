"""All sources of an import become one parcel."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tandem.errors import InputUnusable
from tandem.exchange.given_sets import fault_in_cell_sets
from tandem.exchange.names import distinct
from tandem.exchange.parcel import Column, Contents, LayerWriter, Reduction, write_contents
from tandem.exchange.samples import SAMPLES, SamplesTable, sample_columns, track_columns
from tandem.exchange.source import Source
from tandem.exchange.tables import CELLS_ID, are_ids, as_category

#: Told of the cells that are done, and of how many there are.
Listener = Callable[[int, int], None]
#: What a column called `samples` becomes where its file is one sample of several.
SAMPLES_IN_FILE = "samples_in_file"


def pack(
    sources: Sequence[Source], samples_table: SamplesTable | None, folder: Path, listener: Listener
) -> dict[str, Any]:
    """Write the parcel; its facts are numbers of cells and genes, the cells of each sample, and its notes."""
    samples, tracks = samples_and_tracks(sources, samples_table)
    gene_ids, gene_names, places = _genes(sources)
    barcodes, warnings = _barcodes(sources)
    _write_counts(sources, places, len(gene_ids), folder, listener)
    taken = {SAMPLES, *(track.name for track in tracks)}
    own = [_own_columns(source, len(sources) > 1) for source in sources]
    cell_sets, about_sets = _cell_sets(sources, own[0], tracks)
    columns = [column for column in _merged(own, _sizes(sources)) if column.name not in taken]
    alone = sources[0] if len(sources) == 1 else None
    notes = {
        "format": ", ".join(dict.fromkeys(source.format for source in sources)),
        "files": [_file_note(source) for source in sources],
        "analysed": all(source.analysed for source in sources),
        "warnings": [*_source_notes(sources), *warnings, *about_sets],
    }
    contents = Contents(
        barcodes=barcodes,
        gene_ids=gene_ids,
        gene_names=gene_names,
        columns=[samples, *tracks, *columns],
        reductions=_named_once(alone.reductions) if alone else (),
        notes=notes,
        cell_sets=cell_sets,
    )
    write_contents(folder, contents)
    in_sample = np.bincount(samples.values, minlength=len(samples.levels)).tolist()
    return {
        "cells": len(barcodes),
        "genes": len(gene_ids),
        "samples": dict(zip(samples.levels, in_sample, strict=True)),
        "notes": notes,
    }


def samples_and_tracks(sources: Sequence[Source], table: SamplesTable | None) -> tuple[Column, list[Column]]:
    """The sample of every cell, and what the table says of the samples."""
    samples = _merged([[column] for column in sample_columns(sources, table)], _sizes(sources))[0]
    return samples, track_columns(samples, table) if table else []


def _sizes(sources: Sequence[Source]) -> list[int]:
    return [len(source.barcodes) for source in sources]


def _write_counts(
    sources: Sequence[Source], places: list[NDArray[np.int32]], genes: int, folder: Path, listener: Listener
) -> None:
    total = sum(_sizes(sources))
    with LayerWriter(folder, "counts") as writer:
        for source, place in zip(sources, places, strict=True):
            before = writer.cells
            for block in source.blocks():
                indices = block.indices if _is_identity(place) else place[block.indices]
                writer.append(sparse.csr_matrix((block.data, indices, block.indptr), (block.shape[0], genes)))
                listener(writer.cells, total)
            if writer.cells - before != len(source.barcodes):
                reason = f"it has {len(source.barcodes):,} barcodes but counts of {writer.cells - before:,} cells"
                raise InputUnusable(path=source.path, reason=reason)
        if not writer.entries:
            raise InputUnusable(path=sources[0].path, reason="all of its counts are 0")


def _is_identity(place: NDArray[np.int32]) -> bool:
    return len(place) == 0 or (int(place[-1]) == len(place) - 1 and bool((place == np.arange(len(place))).all()))


def _genes(sources: Sequence[Source]) -> tuple[list[str], list[str], list[NDArray[np.int32]]]:
    """The genes of all sources in order of first appearance, and where those of each source are among them."""
    place_of: dict[str, int] = {}
    names: list[str] = []
    places = []
    for source in sources:
        if place_of and place_of.keys().isdisjoint(source.gene_ids):
            reason = (
                f"it shares no gene with {sources[0].path.name}: its genes are named as {source.gene_ids[0]}, there as "
                f"{sources[0].gene_ids[0]}; import them one by one or name genes alike"
            )
            raise InputUnusable(path=source.path, reason=reason)
        for gene, name in zip(source.gene_ids, source.gene_names, strict=True):
            if place_of.setdefault(gene, len(names)) == len(names):
                names.append(name)
        places.append(np.array([place_of[gene] for gene in source.gene_ids], np.int32))
    return list(place_of), names, places


def _barcodes(sources: Sequence[Source]) -> tuple[list[str], list[str]]:
    """Barcodes that are unique: several samples have the same ones, and some files too."""
    found = [barcode for source in sources for barcode in source.barcodes]
    if len(set(found)) == len(found):
        return found, []
    if len(sources) > 1:
        found = [f"{source.sample}_{barcode}" for source in sources for barcode in source.barcodes]
        if len(set(found)) == len(found):
            return found, []
    return distinct(found, first=2), ["barcodes that were there twice have a number added"]


def _own_columns(source: Source, is_one_of_several: bool) -> list[Column]:
    # Ids of cells hold within one experiment only.
    columns = [
        column for column in source.columns
        if column.name != CELLS_ID or (not is_one_of_several and are_ids(column))
    ]  # fmt: skip
    if not is_one_of_several:
        return columns
    return [replace(one, name=SAMPLES_IN_FILE) if one.name == SAMPLES else one for one in columns]


def _cell_sets(
    sources: Sequence[Source], columns: Sequence[Column], tracks: Sequence[Column]
) -> tuple[str | None, list[str]]:
    """The cell sets that the only source brings along, or what is said of why they are made anew."""
    text = sources[0].cell_sets if len(sources) == 1 else None
    if text is None:
        return None, []
    ids = next((set(column.values.astype(np.int64).tolist()) for column in columns if column.name == CELLS_ID), None)
    fault = "the cells have no ids" if ids is None else fault_in_cell_sets(text, ids)
    if fault is None and tracks:
        fault = "they know nothing of the table of samples"
    return (text, []) if fault is None else (None, [f"the cell sets in it were made anew: {fault}"])


def _merged(parts: Sequence[Sequence[Column]], sizes: Sequence[int]) -> list[Column]:
    """Columns of all sources; cells of a source that lacks one have no value."""
    if len(parts) == 1:
        return list(parts[0])
    by_name = [{column.name: column for column in columns} for columns in parts]
    merged = []
    for name in dict.fromkeys(column.name for columns in parts for column in columns):
        found = [columns.get(name) for columns in by_name]
        kinds = {column.kind for column in found if column}
        if len(kinds) > 1:
            found = [column and as_category(column) for column in found]
        merged.append(_joined(name, found, sizes))
    return merged


def _joined(name: str, found: Sequence[Column | None], sizes: Sequence[int]) -> Column:
    kind = next(column.kind for column in found if column)
    if kind != "category":
        missing = np.nan if kind == "number" else -1
        return Column(name, kind, np.concatenate(
            [column.values if column else np.full(size, missing) for column, size in zip(found, sizes, strict=True)]
        ))  # fmt: skip
    colour_of = {level: colour for one in found if one for level, colour in zip(one.levels, one.colours, strict=False)}
    levels = list(dict.fromkeys(level for column in found if column for level in column.levels))
    place_of = {level: place for place, level in enumerate(levels)}
    values = []
    for column, size in zip(found, sizes, strict=True):
        places = np.array([*(place_of[level] for level in column.levels), -1] if column else [-1], np.int32)
        values.append(places[column.values] if column else np.full(size, -1, np.int32))
    colours = tuple(colour_of[level] for level in levels) if colour_of.keys() >= set(levels) else ()
    return Column(name, kind, np.concatenate(values), tuple(levels), colours)


def _named_once(reductions: Sequence[Reduction]) -> list[Reduction]:
    """The first of each name: `X_umap` and `umap` of an h5ad are one, and `X_` is none."""
    by_name: dict[str, Reduction] = {}
    for reduction in reductions:
        by_name.setdefault(reduction.name, reduction)
    return [reduction for name, reduction in by_name.items() if name]


def _file_note(source: Source) -> dict[str, Any]:
    size = sum(path.stat().st_size for path in source.files)
    return {"name": source.path.name, "bytes": size, "cells": len(source.barcodes)}


def _source_notes(sources: Sequence[Source]) -> list[str]:
    if len(sources) == 1:
        return list(sources[0].notes)
    return [f"{source.sample}: {note}" for source in sources for note in source.notes]
