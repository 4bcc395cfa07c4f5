"""`tandem export` as a person types it: each form is read by its program and has the numbers that Seurat has."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import read_h5ad
from numpy.testing import assert_array_equal

from fixtures.platform import ROOT, Home, wait_until

#: A small experiment with a layout, and what Seurat itself says of it, in plain files.
MAKE = """
    words <- commandArgs(TRUE)
    helpers <- new.env(parent = asNamespace("tandem"))
    sys.source(words[1], helpers)
    object <- helpers$small_object()
    object@misc$color_pool <- NULL # real colours
    saveRDS(object, file.path(words[2], "plain.rds"))
    object@reductions$umap <- SeuratObject::CreateDimReducObject(
      matrix(sin(1:160), 80, dimnames = list(colnames(object), c("UMAP_1", "UMAP_2"))), key = "UMAP_", assay = "RNA"
    )
    saveRDS(object, file.path(words[2], "r.rds"))
    tandem::write_cell_sets(words[2])
    for (slot in c("counts", "data")) {
      values <- as.matrix(Seurat::GetAssayData(readRDS(file.path(words[2], "r.rds")), slot = slot))
      writeBin(as.numeric(values), file.path(words[2], slot))
    }
    # As many digits as a number has.
    object@meta.data$doublet_scores <- sprintf("%.17g", object@meta.data$doublet_scores)
    write.csv(object@meta.data, file.path(words[2], "cells.csv"))
"""
#: Opens what was exported with nothing but Seurat, and compares it with the experiment's own object.
IN_SEURAT = """
    words <- commandArgs(TRUE)
    suppressMessages(library(Seurat))
    own <- readRDS(words[1])
    object <- readRDS(words[2])
    counts <- Read10X(words[3], gene.column = 1)
    stopifnot(
      identical(GetAssayData(object, slot = "data"), GetAssayData(own, slot = "data")),
      identical(Embeddings(object, "umap"), Embeddings(own, "umap")),
      identical(unname(table(object$seurat_clusters)["Cluster 1"]), 27L),
      sum(object@meta.data[["custom_cellset-mine"]]) == 2,
      nrow(FindMarkers(object, ident.1 = "Cluster 0", verbose = FALSE)) > 0,
      inherits(DimPlot(object, group.by = "samples"), "ggplot"),
      identical(dimnames(counts), dimnames(own)), all(counts == GetAssayData(own, slot = "counts"))
    )
"""
#: Fills a disk of a few kilobytes with an export; the folder is mounted before.
FILL = """
    import sys
    from pathlib import Path
    from tandem.errors import ExportFailed
    from tandem.exchange.exporter import export
    from tandem.exchange.request import ExportRequest, Places
    experiment, library, disk, logs = map(Path, sys.argv[1:])
    places = Places(experiment.parent, library, logs)
    for form in ("h5ad", "rds", "10x", "cellxgene"):
        try:
            export(ExportRequest(experiment.name, form, disk / "out"), places, lambda what, done: None)
        except ExportFailed as error:
            assert "no room left" in str(error), error
        else:
            raise AssertionError(form)
        assert not list(disk.iterdir()), form
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, r_library: Path) -> Home:
    """A home where nothing runs, with the experiment `small`, and `flat` that has no layout."""
    home = Home(tmp_path_factory.mktemp("export") / "home", r_library)
    folder = home.layout.data / "small"
    folder.mkdir()
    helper = ROOT / "r" / "tests" / "testthat" / "helper-objects.R"
    in_r(MAKE, helper, folder, R_LIBS=str(r_library))
    sets = json.loads((folder / "cell_sets.json").read_text())
    mine = {"key": "m", "name": "mine", "rootNode": False, "color": "#000000", "cellIds": [0, 5]}
    next(entry for entry in sets["cellSets"] if entry["key"] == "scratchpad")["children"].append(mine)
    (folder / "cell_sets.json").write_text(json.dumps(sets))
    flat = home.layout.data / "flat"
    flat.mkdir()
    (folder / "plain.rds").rename(flat / "r.rds")
    (flat / "cell_sets.json").write_text(json.dumps(sets))
    return home


def in_r(script: str, *words: Path, **environment: str) -> None:
    """Run R to its end."""
    subprocess.run(
        ["Rscript", "-e", script, *words], check=True, env=os.environ | environment, timeout=100, capture_output=True
    )


def exported(home: Home, folder: Path, form: str) -> Path:
    """What the command makes in a folder, and it leaves nothing else there."""
    target = folder / f"out-{form}"
    before = set(folder.iterdir())
    done = home.tandem("export", "small", "--to", form, "-o", target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(target) in done.stdout.splitlines()[-1]
    assert set(folder.iterdir()) - before == {target}
    return target


def test_an_h5ad_has_what_seurat_has(home, tmp_path):
    source = home.layout.data / "small"
    found = read_h5ad(exported(home, tmp_path, "h5ad"))
    assert_array_equal(found.X.toarray(), np.fromfile(source / "data").reshape(found.shape).astype(np.float32))
    assert_array_equal(found.layers["counts"].toarray(), np.fromfile(source / "counts").reshape(found.shape))
    own = pd.read_csv(source / "cells.csv", float_precision="round_trip")
    for name in ("nCount_RNA", "cells_id", "doublet_scores"):
        assert_array_equal(found.obs[name], own[name])
    assert list(found.obs["seurat_clusters"]) == [f"Cluster {number % 3}" for number in range(80)]
    assert list(found.obs["samples"]) == ["sample-a", "sample-b"] * 40
    assert list(np.flatnonzero(found.obs["custom_cellset-mine"])) == [0, 4]
    assert_array_equal(found.obsm["X_umap"].ravel(order="F"), np.sin(np.arange(1, 161)))
    assert list(found.var_names[:2]) == ["GENE1", "GENE2"]
    assert list(found.var["gene_ids"][:2]) == ["ENSG1", "ENSG2"]
    assert len(found.uns["seurat_clusters_colors"]) == 3
    assert json.loads(found.uns["tandem"]["cell_sets"]) == json.loads((source / "cell_sets.json").read_text())


def test_seurat_opens_the_rds_and_the_folder_of_counts(home, tmp_path):
    in_r(IN_SEURAT, home.layout.data / "small" / "r.rds", *(exported(home, tmp_path, form) for form in ("rds", "10x")))


def test_an_h5ad_to_look_at(home, tmp_path):
    found = read_h5ad(exported(home, tmp_path, "cellxgene"))
    assert found.X.format == "csc"
    assert_array_equal(
        found.X.toarray(), np.fromfile(home.layout.data / "small" / "data").reshape(found.shape).astype(np.float32)
    )


def test_what_is_there_is_replaced_by_force_only(home, tmp_path):
    target = tmp_path / "mine"
    target.write_text("precious")
    refused = home.tandem("export", "small", "--to", "rds", "-o", target)
    assert refused.returncode == 1
    assert "is there already (--force replaces it" in refused.stderr
    assert target.read_text() == "precious"
    assert home.tandem("export", "small", "--to", "rds", "-o", target, "--force").returncode == 0
    assert target.read_bytes()[:2] == b"\x1f\x8b"


def test_a_folder_is_replaced_only_where_it_is_an_export(home, tmp_path):
    target = exported(home, tmp_path, "10x")
    assert home.tandem("export", "small", "--to", "10x", "-o", target, "--force").returncode == 0
    (target / "diary.txt").write_text("precious")
    for form in ("10x", "h5ad"):
        refused = home.tandem("export", "small", "--to", form, "-o", target, "--force")
        assert refused.returncode == 1
        assert "is a folder with other things in it" in refused.stderr
    assert (target / "diary.txt").read_text() == "precious"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nobody", "--to", "h5ad"], 2, "There is no usable experiment 'nobody'"),
        (["small", "--to", "h5ad", "-o", "nowhere/out.h5ad"], 1, "there is no folder"),
        (["small", "--to", "h5ad", "-o", "/proc/out.h5ad"], 1, "cannot be exported"),
        (["flat", "--to", "10x", "-o", "flat-10x"], 0, ""),
        (["broken", "--to", "h5ad"], 1, "cannot be read as an R data file"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(home, words, status, said):
    broken = home.layout.data / "broken"
    broken.mkdir(exist_ok=True)
    (broken / "r.rds").write_bytes(b"no data")
    (broken / "cell_sets.json").write_text("{}")
    done = home.tandem("export", *words)
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr
    assert len(done.stderr.splitlines()) <= 1
    assert not list(home.layout.home.glob(".tandem-export-*"))


def test_cellxgene_needs_a_layout_of_two_dimensions(home, tmp_path):
    done = home.tandem("export", "flat", "--to", "cellxgene", "-o", tmp_path / "flat.h5ad")
    assert done.returncode == 0, done.stderr  # its components are one
    assert list(read_h5ad(tmp_path / "flat.h5ad").obsm) == ["X_pca"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_finds_nothing(home, tmp_path, number):
    process = home.attached("export", "small", "--to", "h5ad", "-o", str(tmp_path / "out.h5ad"))
    assert wait_until(lambda: list(tmp_path.iterdir()), 30)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_left_as_it_was(home, tmp_path, r_library):
    private = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*private, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow a private mount")
    words = [home.layout.data / "small", r_library, tmp_path, home.layout.logs]
    subprocess.run(
        [
            *private,
            "sh",
            "-c",
            f'mount -t tmpfs -o size=48k none {tmp_path} && exec "$@"',
            "sh",
            sys.executable,
            "-c",
            textwrap.dedent(FILL),
            *words,
        ],
        check=True,
        timeout=100,
        env=os.environ | {"PYTHONPATH": str(ROOT / "python" / "src")},
    )
