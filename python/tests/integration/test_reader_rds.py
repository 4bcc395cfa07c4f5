"""An .rds with a data set, as R saved it, by way of the sandbox."""

import bz2
import gzip
import json
import lzma
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.walls import need
from tandem.errors import InputUnusable
from tandem.exchange import sandbox
from tandem.exchange.readers import rds
from tandem.exchange.readers.rds import open_rds
from tandem.exchange.sandbox import BUBBLEWRAP, LIMITS_ALONE, NAMESPACES, Confinement, Limits
from tandem.exchange.source import Source
from tandem.exchange.workspace import Workspace

ROOT = Path(__file__).parents[3]
R_TESTS = ROOT / "r" / "tests" / "testthat"

MAKE = f"""
    helpers <- new.env(parent = asNamespace("tandem"))
    sys.source("{R_TESTS / "helper-objects.R"}", helpers)
    object <- helpers$small_object()
    object@misc$tandem <- list(cell_sets = '{{"cellSets": [{{"key": "louvain"}}]}}')
    Seurat::Idents(object) <- "seurat_clusters"
    table <- function(x, name) write.table(x, name, col.names = FALSE, row.names = FALSE)
    saveRDS(object, "seurat.rds", compress = FALSE)
    table(as.matrix(Seurat::GetAssayData(object, "counts")), "seurat.counts")
    table(Seurat::Embeddings(object, "pca"), "seurat.pca")
    experiment <- Seurat::as.SingleCellExperiment(object)
    saveRDS(experiment, "experiment.rds")
    table(as.matrix(SingleCellExperiment::counts(experiment)), "experiment.counts")
    table(SingleCellExperiment::reducedDim(experiment, "PCA"), "experiment.pca")
    saveRDS(Seurat::GetAssayData(object, "counts"), "matrix.rds", ascii = TRUE)
    save(object, file = "workspace.rds")
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, r_library: Path) -> Path:
    """A folder with objects that R saved, and what their own accessors say of them."""
    folder = tmp_path_factory.mktemp("saved")
    subprocess.run(
        ["Rscript", "-e", MAKE],
        cwd=folder,
        env=os.environ | {"R_LIBS": str(r_library)},
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def read(tmp_path: Path, r_library: Path) -> Callable[..., Source]:
    """Opens a file in a workspace of the test's own."""
    return lambda path, limits=None: open_rds(path, Workspace(tmp_path / "work", r_library), limits)


def counts_of(source: Source) -> NDArray[np.int32]:
    """Genes x cells."""
    return np.vstack([block.toarray() for block in source.blocks()]).T


@pytest.mark.parametrize("name", ["seurat", "experiment"])
def test_an_object_is_what_its_own_accessors_say(name: str, saved: Path, read: Callable[..., Source]) -> None:
    source = read(saved / f"{name}.rds")

    assert (counts_of(source) == np.loadtxt(saved / f"{name}.counts")).all()
    assert [reduction.name for reduction in source.reductions] == ["pca"]
    assert np.allclose(source.reductions[0].values, np.loadtxt(saved / f"{name}.pca"), rtol=1e-12)
    columns = {column.name: column for column in source.columns}
    assert columns["samples"].levels == ("sample-a", "sample-b")
    assert columns["seurat_clusters"].levels == ("0", "1", "2")
    assert columns["cells_id"].values[:5].tolist() == [0, 1, 2, 3, 5]
    assert source.barcodes[0] == "cell-1"
    assert source.gene_ids[0] == "ENSG1"
    assert source.analysed
    assert source.files == [saved / f"{name}.rds"]


def test_an_experiment_of_ours_brings_its_names_and_cell_sets(saved: Path, read: Callable[..., Source]) -> None:
    source = read(saved / "seurat.rds")

    assert source.gene_names[0] == "GENE1"
    assert json.loads(source.cell_sets or "") == {"cellSets": [{"key": "louvain"}]}
    assert source.notes[0].startswith("It is a Seurat object of version ")


def test_layers_that_seurat_5_has_split_are_joined(read: Callable[..., Source]) -> None:
    source = read(R_TESTS / "fixtures" / "seurat5-divided.rds")

    assert len(source.barcodes) == 40
    assert counts_of(source).sum() == 5305
    assert {column.name: column.levels for column in source.columns}["samples"] == ("first", "second")


def test_what_is_left_out_is_said(read: Callable[..., Source]) -> None:
    assert "Left out: assay ADT." in read(R_TESTS / "fixtures" / "seurat5-several.rds").notes


def test_a_plain_matrix_of_counts_is_a_data_set(saved: Path, read: Callable[..., Source]) -> None:
    source = read(saved / "matrix.rds")

    assert (counts_of(source) == np.loadtxt(saved / "seurat.counts")).all()
    assert not source.analysed


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_however_it_is_compressed(
    compress: Callable[[bytes], bytes], saved: Path, tmp_path: Path, read: Callable[..., Source]
) -> None:
    path = tmp_path / "object.rds"
    path.write_bytes(compress((saved / "seurat.rds").read_bytes()))

    assert len(read(path).barcodes) == 80


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a file that R's saveRDS wrote"),
        (b"gene,c1\ng1,1\n", "not a file that R's saveRDS wrote"),
        (b"\x0b\x0e\x0a\x0c more", r"package qs.*qs::qread"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (gzip.compress(b"X\n" + bytes(5000))[:-9], "cut short or damaged"),
        (b"\x1f\x8b\x08\x00 no gzip at all", "cut short or damaged"),
        (lzma.compress(b"X\n" + bytes(5000))[:-40], "cut short or damaged"),
    ],
    ids=["empty", "text", "qs", "hdf5", "short gzip", "no gzip", "short xz"],
)
def test_another_file_is_refused_with_what_to_do(
    content: bytes, said: str, tmp_path: Path, read: Callable[..., Source]
) -> None:
    path = tmp_path / "object.rds"
    path.write_bytes(content)

    with pytest.raises(InputUnusable, match=said):
        read(path)


def test_a_workspace_is_refused_with_what_to_do(saved: Path, read: Callable[..., Source]) -> None:
    with pytest.raises(InputUnusable, match=r"RData.*saveRDS"):
        read(saved / "workspace.rds")


def test_a_file_that_is_cut_short_is_refused(saved: Path, tmp_path: Path, read: Callable[..., Source]) -> None:
    path = tmp_path / "object.rds"
    path.write_bytes((saved / "seurat.rds").read_bytes()[:-1000])

    with pytest.raises(InputUnusable, match="cut short or damaged"):
        read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, read: Callable[..., Source]) -> None:
    with pytest.raises(InputUnusable, match="there is no such file"):
        read(tmp_path / "object.rds")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(memory=100 << 20, seconds=60, output=1 << 30), "0.1 GB of memory"),
        (Limits(memory=2 << 30, seconds=0.05, output=1 << 30), "stopped"),
        (Limits(memory=2 << 30, seconds=60, output=20_000), "came out of it|R ended|R says"),
    ],
    ids=["memory", "time", "output"],
)
def test_limits_are_told(limits: Limits, said: str, saved: Path, read: Callable[..., Source]) -> None:
    with pytest.raises(InputUnusable, match=said):
        read(saved / "seurat.rds", limits)


@pytest.mark.parametrize(
    ("way", "said"), [(BUBBLEWRAP, None), (NAMESPACES, "without network"), (LIMITS_ALONE, "reached the network")]
)
def test_a_weaker_wall_is_said(
    way: Confinement, said: str | None, saved: Path, read: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    need(way)
    monkeypatch.setattr(sandbox, "best_way", lambda _: way)

    notes = read(saved / "matrix.rds").notes

    assert [note for note in notes if "process" in note or "network" in note] == [
        note for note in notes if said and said in note
    ]
    assert len(notes) == (1 if said is None else 2)


def test_limits_grow_with_the_file_but_not_beyond_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "large.rds"
    path.touch()
    least = rds.limits_for(path)
    os.truncate(path, 1 << 40)

    assert least.memory == min(rds.MEMORY_LEAST, least.memory)
    assert least.memory <= rds.limits_for(path).memory <= 1 << 40
    assert rds.limits_for(path).seconds > least.seconds
