"""The HDF5 matrices of Cell Ranger: `matrix` since its version 3, a group for each genome before."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from scipy import sparse

from tandem.errors import InputUnusable
from tandem.exchange.hdf5 import Compressed, opened, texts
from tandem.exchange.readers.tenx_folder import select_genes
from tandem.exchange.source import BLOCK_ENTRIES, Source, check_gene_ids, checked_counts
from tandem.exchange.spill import cell_ranges
from tandem.exchange.workspace import Workspace


def genome_groups(file: h5py.File) -> list[str]:
    """The groups that hold counts."""
    return [
        name for name, group in file.items() if isinstance(group, h5py.Group) and {"barcodes", "indptr"} <= set(group)
    ]


def open_tenx_h5(path: Path, workspace: Workspace) -> Source:  # noqa: ARG001  # every reader takes a workspace
    """The counts of all genomes in the file."""
    ids: list[str] = []
    names: list[str] = []
    types: list[str] = []
    with opened(path) as file:
        groups = genome_groups(file)
        barcodes = texts(file[groups[0]]["barcodes"])
        for name in groups:
            group = file[name]
            if texts(group["barcodes"]) != barcodes:
                reason = f"its genomes {', '.join(groups)} have different barcodes; give the files of one genome each"
                raise InputUnusable(path=path, reason=reason)
            features = group.get("features")
            ids += texts(features["id"] if features else group["genes"])
            names += texts(features["name"] if features else group["gene_names"])
            types += texts(features["feature_type"]) if features else ["Gene Expression"] * len(group["genes"])
            _check_shape(path, group, len(ids) if features else len(group["genes"]), len(barcodes))
    if not len(ids) == len(names) == len(types):
        reason = f"it has {len(ids):,} ids of features, {len(names):,} names and {len(types):,} types"
        raise InputUnusable(path=path, reason=reason)
    genes, notes = select_genes(path, types)
    gene_ids = [ids[gene] for gene in genes]
    check_gene_ids(path, gene_ids)

    def blocks() -> Iterator[sparse.csr_matrix]:
        with opened(path) as file:
            for block in _blocks(path, [file[name] for name in groups], len(barcodes)):
                yield checked_counts(block if len(genes) == len(ids) else block[:, genes], path)

    return Source(
        path=path,
        format="10x h5",
        gene_ids=gene_ids,
        gene_names=[names[gene] for gene in genes],
        barcodes=barcodes,
        blocks=blocks,
        notes=notes,
        files=(path,),
    )


def _blocks(path: Path, groups: list[h5py.Group], cells: int) -> Iterator[sparse.csr_matrix]:
    """The genes of all genomes side by side."""
    parts = [Compressed(path, group, cells, int(group["shape"][0])) for group in groups]
    for first, last in cell_ranges(np.sum([part.starts for part in parts], axis=0), BLOCK_ENTRIES):
        found = [part.rows(first, last) for part in parts]
        yield found[0] if len(found) == 1 else sparse.hstack(found, format="csr")


def _check_shape(path: Path, group: h5py.Group, features: int, barcodes: int) -> None:
    rows, columns = (int(size) for size in group["shape"][:2])
    if rows != features:
        raise InputUnusable(path=path, reason=f"it has {features:,} features but its matrix has {rows:,} rows")
    if columns != barcodes:
        raise InputUnusable(path=path, reason=f"it has {barcodes:,} barcodes but its matrix has {columns:,} columns")
    Compressed(path, group, columns, rows)
