"""The same counts in any format make the same parcel."""

import filecmp
import gzip
import tarfile
import zipfile

import pytest

from helpers.data_sets import (
    DEMO,
    Counts,
    anndata_of,
    copy_demo,
    demo_counts,
    write_folder,
    write_h5,
    write_loom,
    write_table,
)
from helpers.reading import packed, same_counts

#: A dense table of all cells would take seconds to write.
CELLS_OF_TABLE = 80


@pytest.fixture(scope="module")
def counts():
    return demo_counts()


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("expected")
    packed(folder, copy_demo(folder / "demo"))
    return folder / "parcel"


def old_folder(folder, counts):
    return write_folder(folder / "demo", counts, version=2)


def file_of_version_3(folder, counts):
    return write_h5(folder / "demo.h5", counts)


def file_of_version_2(folder, counts):
    return write_h5(folder / "demo.h5", counts, version=2)


def h5ad_sparse(folder, counts):
    anndata_of(counts).write_h5ad(folder / "demo.h5ad", compression="gzip")
    return folder / "demo.h5ad"


def h5ad_by_gene(folder, counts):
    anndata_of(counts, counts.matrix.tocsc()).write_h5ad(folder / "demo.h5ad")
    return folder / "demo.h5ad"


def h5ad_dense(folder, counts):
    anndata_of(counts, counts.matrix.toarray().astype("float32")).write_h5ad(folder / "demo.h5ad", compression="gzip")
    return folder / "demo.h5ad"


def loom(folder, counts):
    return write_loom(folder / "demo.loom", counts)


def loom_gene_by_gene(folder, counts):
    return write_loom(folder / "demo.loom", counts, chunks=(16, len(counts.barcodes)))


def zipped(folder, counts):
    with zipfile.ZipFile(folder / "demo.zip", "w") as archive:
        for path in DEMO.glob("*.gz"):
            archive.write(path, f"demo/{path.name}")
    return folder / "demo.zip"


def tar(folder, counts):
    with tarfile.open(folder / "demo.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(DEMO, "filtered_feature_bc_matrix")
    return folder / "demo.tar.gz"


def gzipped_h5ad(folder, counts):
    path = h5ad_sparse(folder, counts)
    (folder / "demo.h5ad.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    return folder / "demo.h5ad.gz"


WAYS = (
    old_folder, file_of_version_3, file_of_version_2, h5ad_sparse, h5ad_by_gene, h5ad_dense, loom, loom_gene_by_gene,
    zipped, tar, gzipped_h5ad,
)  # fmt: skip


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
def test_the_same_counts_make_the_same_parcel(tmp_path, counts, expected, write):
    packed(tmp_path, write(tmp_path, counts))
    names = sorted(path.name for path in expected.iterdir())
    assert sorted(path.name for path in (tmp_path / "parcel").iterdir()) == names
    others = [name for name in names if name != "parcel.json"]
    same, different, missing = filecmp.cmpfiles(expected, tmp_path / "parcel", others, shallow=False)
    assert (different, missing) == ([], [])
    assert same


@pytest.mark.parametrize("genes_are_rows", [True, False])
def test_a_dense_table_makes_the_same_counts(tmp_path, counts, genes_are_rows):
    counts = Counts(counts.matrix[:CELLS_OF_TABLE], counts.ids, counts.names, counts.barcodes[:CELLS_OF_TABLE])
    path = write_table(tmp_path / "demo.csv", counts, genes_are_rows)
    parcel, facts, found = packed(tmp_path, path)
    assert same_counts(found, counts.matrix)
    assert parcel.contents.gene_ids == counts.ids
    assert parcel.contents.barcodes == counts.barcodes
    assert facts["samples"] == {"demo": CELLS_OF_TABLE}
