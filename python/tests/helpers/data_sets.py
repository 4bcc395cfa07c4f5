"""The demo's counts in every format that is imported, written as each format's own programs write it."""

import csv
import gzip
import io
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.io import mmread, mmwrite

DEMO = Path(__file__).parents[3] / "data/demo"


class Counts:
    """Counts cells x genes with their names."""

    def __init__(self, matrix, ids, names, barcodes):
        self.matrix, self.ids, self.names, self.barcodes = matrix, ids, names, barcodes


def demo_counts() -> Counts:
    """What the folder data/demo holds."""
    with gzip.open(DEMO / "matrix.mtx.gz") as file:
        matrix = mmread(file, spmatrix=True).T.tocsr().astype(np.int64)
    features = read_tsv(DEMO / "features.tsv.gz")
    return Counts(
        matrix, [row[0] for row in features], [row[1] for row in features],
        [row[0] for row in read_tsv(DEMO / "barcodes.tsv.gz")],
    )  # fmt: skip


def small_counts(cells=30, genes=40, seed=0) -> Counts:
    """Counts of few cells, with Ensembl's ids and barcodes."""
    random = np.random.default_rng(seed)
    matrix = sparse.csr_matrix(random.poisson(0.8, (cells, genes)))
    barcodes = ["".join(random.choice(list("ACGT"), 16)) + "-1" for _ in range(cells)]
    names = [f"RPL{gene}" if gene % 3 else f"MT-CO{gene}" for gene in range(genes)]
    return Counts(matrix, [f"ENSG{gene:011d}" for gene in range(genes)], names, barcodes)


def read_tsv(path):
    with gzip.open(path, "rt") as file:
        return list(csv.reader(file, delimiter="\t"))


def write_text(path, text):
    """Gzipped if the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def write_folder(folder, counts, version=3, prefix="", types=None):
    """As Cell Ranger does; before version 3 nothing was gzipped and features were called genes."""
    ending, features = (".gz", "features.tsv") if version == 3 else ("", "genes.tsv")
    types = types or ["Gene Expression"] * len(counts.ids)
    rows = zip(counts.ids, counts.names, types, strict=True)
    lines = ["\t".join(row if version == 3 else row[:2]) + "\n" for row in rows]
    write_text(folder / f"{prefix}{features}{ending}", "".join(lines))
    write_text(folder / f"{prefix}barcodes.tsv{ending}", "".join(f"{barcode}\n" for barcode in counts.barcodes))
    text = io.BytesIO()
    mmwrite(text, sparse.coo_matrix(counts.matrix.T.tocsc()), field="integer", symmetry="general")
    write_text(folder / f"{prefix}matrix.mtx{ending}", text.getvalue().decode())
    return folder


def write_h5(path, counts, version=3, types=None, genome="GRCh38"):
    """As Cell Ranger does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix" if version == 3 else genome)
        group["barcodes"] = np.array(counts.barcodes, "S")
        for name, values in (
            ("data", counts.matrix.data.astype(np.int32)),
            ("indices", counts.matrix.indices.astype(np.int64)),
        ):
            group.create_dataset(
                name, data=values, compression="gzip", compression_opts=4, chunks=(80_000,), maxshape=(None,)
            )
        group["indptr"] = counts.matrix.indptr.astype(np.int64)
        group["shape"] = np.array(counts.matrix.shape[::-1], np.int32)
        if version == 3:
            features = group.create_group("features")
            features["id"], features["name"] = np.array(counts.ids, "S"), np.array(counts.names, "S")
            features["feature_type"] = np.array(types or ["Gene Expression"] * len(counts.ids), "S")
            features["genome"] = np.array([genome] * len(counts.ids), "S")
        else:
            group["genes"], group["gene_names"] = np.array(counts.ids, "S"), np.array(counts.names, "S")
    return path


def anndata_of(counts, matrix=None, obs=None):
    """As `scanpy.read_10x_mtx` gives it: genes go by their names, ids are a column."""
    import anndata

    var = pd.DataFrame({"gene_ids": counts.ids}, index=pd.Index(counts.names))
    obs = pd.DataFrame(obs or {}, index=pd.Index(counts.barcodes))
    return anndata.AnnData(counts.matrix.astype(np.float32) if matrix is None else matrix, obs=obs, var=var)


def write_loom(path, counts, chunks=(64, 64), cells=None, layers=None, matrix=None):
    """As loompy does."""
    dense = counts.matrix.T.toarray() if matrix is None else matrix
    with h5py.File(path, "w") as file:
        chunks = tuple(np.minimum(chunks, dense.shape).tolist())
        file.create_dataset("matrix", data=dense, chunks=chunks, compression="gzip")
        text = h5py.string_dtype()
        rows = {"Gene": np.array(counts.names, text), "Accession": np.array(counts.ids, text)}
        for name, values in rows.items():
            file[f"row_attrs/{name}"] = values
        for name, values in {"CellID": np.array(counts.barcodes, text), **(cells or {})}.items():
            file[f"col_attrs/{name}"] = values
        for name, values in (layers or {}).items():
            file[f"layers/{name}"] = values
        for name in ("row_graphs", "col_graphs", "attrs"):
            file.create_group(name)
    return path


def write_table(path, counts, genes_are_rows=True, delimiter=",", quotes=False, corner=True, names=None):
    """A dense table; as R writes it with quotes and without a corner."""
    names = names or counts.ids
    rows, header = (names, counts.barcodes) if genes_are_rows else (counts.barcodes, names)
    dense = counts.matrix.T.toarray() if genes_are_rows else counts.matrix.toarray()
    quoted = (lambda name: f'"{name}"') if quotes else str
    lines = [delimiter.join([*([quoted("")] if corner else []), *map(quoted, header)])]
    for name, values in zip(rows, dense.tolist(), strict=True):
        lines.append(delimiter.join([quoted(name), *map(str, values)]))
    return write_text(path, "\n".join(lines) + "\n")


def copy_demo(folder):
    folder.mkdir(parents=True)
    for name in ("matrix.mtx.gz", "features.tsv.gz", "barcodes.tsv.gz"):
        shutil.copy(DEMO / name, folder / name)
    return folder
