"""Folders of Cell Ranger and its likes: matrix.mtx, features.tsv or genes.tsv, barcodes.tsv, gzipped or not."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tandem.errors import InputUnusable
from tandem.exchange.readers.market import Market
from tandem.exchange.source import Source, check_gene_ids
from tandem.exchange.text import read_list
from tandem.exchange.workspace import Workspace

#: The three files by what they hold; what stands before is the sample's.
PARTS = {
    "matrix": re.compile(r"(.*?)(?:matrix|counts?|count_matrix|cells_x_genes)\.mtx(?:\.gz)?$", re.IGNORECASE),
    "features": re.compile(r"(.*?)(?:cells_x_genes\.)?(?:features|genes)\.(?:tsv|txt|csv)(?:\.gz)?$", re.IGNORECASE),
    "barcodes": re.compile(r"(.*?)(?:cells_x_genes\.)?(?:barcodes|cells)\.(?:tsv|txt|csv)(?:\.gz)?$", re.IGNORECASE),
}
#: The features that are genes; others are antibodies, guides or peaks.
GENES = "Gene Expression"


@dataclass(frozen=True)
class Triple:
    """The three files of one sample, and what their names begin with."""

    prefix: str
    matrix: Path
    features: Path
    barcodes: Path


def find_triples(folder: Path) -> list[Triple]:
    """The samples of which the matrix lies right in this folder."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        for part, name in PARTS.items():
            match = name.match(path.name)
            if match and path.is_file() and not path.name.startswith("."):
                found.setdefault(match[1], {}).setdefault(part, path)
    shared = found.get("", {})
    triples = []
    for prefix, parts in found.items():
        if "matrix" not in parts:
            continue
        # Samples of one study may share their list of genes.
        parts = {**{part: path for part, path in shared.items() if part == "features"}, **parts}
        for part, names in (("features", "features.tsv (or genes.tsv)"), ("barcodes", "barcodes.tsv")):
            if part not in parts:
                raise InputUnusable(path=parts["matrix"], reason=f"there is no {prefix}{names} beside it")
        triples.append(Triple(prefix, **parts))
    return triples


def open_triple(triple: Triple, workspace: Workspace) -> Source:
    """The sample of three files."""
    features, barcodes = read_list(triple.features), [row[0] for row in read_list(triple.barcodes)]
    market = Market(triple.matrix)
    genes_are_rows = _genes_are_rows(triple, market, len(features), len(barcodes))
    ids = [row[0] for row in features]
    names = [row[1] if len(row) > 1 and row[1] else row[0] for row in features]
    types = [row[2] if len(row) > 2 else GENES for row in features]
    genes, notes = select_genes(triple.features, types)
    gene_ids = [ids[gene] for gene in genes]
    check_gene_ids(triple.features, gene_ids)

    def blocks() -> Iterator[sparse.csr_matrix]:
        for block in market.blocks(genes_are_rows, workspace.folder):
            yield block if len(genes) == len(ids) else block[:, genes]

    return Source(
        path=triple.matrix.parent,
        format="10x folder",
        gene_ids=gene_ids,
        gene_names=[names[gene] for gene in genes],
        barcodes=barcodes,
        blocks=blocks,
        notes=notes,
        files=(triple.matrix, triple.features, triple.barcodes),
    )


def select_genes(path: Path, types: Sequence[str]) -> tuple[NDArray[np.intp], list[str]]:
    """The places of features that are genes, and what is said of the others."""
    kinds, places = np.unique(np.asarray(types, dtype=str), return_inverse=True)
    if GENES not in kinds:
        # Lists of other programs have something else in their third column.
        if any(kind in {"Antibody Capture", "Peaks", "CRISPR Guide Capture", "Multiplexing Capture"} for kind in kinds):
            raise InputUnusable(path=path, reason=f"none of its features is a gene: they are {', '.join(kinds)}")
        return np.arange(len(types)), []
    counts = np.bincount(places)
    notes = [
        f"{count:,} {kind or 'untyped'} features left out"
        for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)
        if kind != GENES
    ]
    return np.flatnonzero(kinds[places] == GENES), notes


def _genes_are_rows(triple: Triple, market: Market, features: int, barcodes: int) -> bool:
    if (market.rows, market.columns) == (features, barcodes):
        return True
    if (market.rows, market.columns) == (barcodes, features):
        return False
    matrix = triple.matrix.name
    for path, what, found in ((triple.features, "features", features), (triple.barcodes, "barcodes", barcodes)):
        if found not in (market.rows, market.columns):
            side, there = ("rows", market.rows) if what == "features" else ("columns", market.columns)
            raise InputUnusable(path=path, reason=f"it has {found:,} {what} but {matrix} has {there:,} {side}")
    reason = (
        f"it has {market.rows:,} rows and {market.columns:,} columns, which fit neither the {features:,} features nor "
        f"the {barcodes:,} barcodes beside it"
    )
    raise InputUnusable(path=triple.matrix, reason=reason)
