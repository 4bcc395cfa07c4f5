"""HDF5 files that must not be opened are refused by a process that may die of them."""

import os
import resource
import subprocess
import sys

import h5py
import pytest

from fixtures.stack import wait_for
from helpers.data_sets import anndata_of, small_counts, write_h5
from helpers.reading import refused
from tandem.exchange.probe import FILLS_MEMORY, MOST_SECONDS, check_hdf5, look_through


@pytest.fixture
def path(tmp_path):
    return write_h5(tmp_path / "s.h5", small_counts())


def test_a_sound_file_may_be_opened(path):
    check_hdf5(path)


def test_a_link_to_another_file_is_refused(tmp_path, path):
    with h5py.File(path, "r+") as file:
        del file["matrix/barcodes"]
        file["matrix/barcodes"] = h5py.ExternalLink("other.h5", "/barcodes")
    assert "its HDF5 has parts that lie in other files" in refused(tmp_path, path)


def test_values_that_lie_in_another_file_are_refused(tmp_path, path):
    with h5py.File(path, "r+") as file:
        file.create_dataset("matrix/more", (4,), "u1", external=[("/etc/hostname", 0, 4)])
    assert "its HDF5 has parts that lie in other files" in refused(tmp_path, path)


def test_a_file_that_takes_too_long_is_refused(tmp_path, path, monkeypatch):
    monkeypatch.setattr("tandem.exchange.probe.MOST_SECONDS", 0.001)
    assert "its HDF5 is damaged: it cannot be read to its end" in refused(tmp_path, path)


def test_looking_ends_by_itself_where_nobody_is_left_to_end_it(tmp_path):
    os.mkfifo(tmp_path / "without-end.h5")
    command = [sys.executable, "-m", "tandem.exchange.probe", str(tmp_path / "without-end.h5")]
    with subprocess.Popen(command) as process:
        limited = (MOST_SECONDS, MOST_SECONDS)
        try:
            wait_for(
                lambda: resource.prlimit(process.pid, resource.RLIMIT_CPU) == limited, 20, lambda: "It has no limit."
            )
        finally:
            process.kill()


def test_a_file_that_the_library_dies_of_is_refused(tmp_path, path, monkeypatch):
    dying = [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"]
    run = subprocess.run
    monkeypatch.setattr("subprocess.run", lambda _command, **more: run(dying, **more))
    assert "its HDF5 is damaged: it cannot be read to its end" in refused(tmp_path, path)


def test_a_list_that_only_fills_memory_is_refused(tmp_path, path):
    with h5py.File(path, "r+") as file:
        del file["matrix/barcodes"]
        file.create_dataset("matrix/barcodes", (300_000_000,), "S16", chunks=(1000,))
    assert "as only bombs do" in refused(tmp_path, path)


def h5ad(tmp_path):
    path = tmp_path / "s.h5ad"
    anndata_of(small_counts()).write_h5ad(path)
    return path


@pytest.mark.parametrize("place", ["obsm/X_pca", "X"])
def test_a_table_or_a_row_that_only_fills_memory_is_refused(tmp_path, place):
    path = h5ad(tmp_path)
    with h5py.File(path, "r+") as file:
        if place in file:
            del file[place]
        file.create_dataset(place, (30, 1 << 28), "f8", chunks=True)
    assert "as only bombs do" in refused(tmp_path, path)


def test_one_text_that_many_cells_share_fills_no_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("tandem.exchange.probe.HARMLESS_BYTES", 1000)
    path = h5ad(tmp_path)
    with h5py.File(path, "r+") as file:
        file.create_dataset("uns/many", (60_000,), h5py.string_dtype(), fillvalue="x" * 1000, chunks=True)
    assert look_through(str(path)) == FILLS_MEMORY


def test_a_probe_that_fails_lets_no_file_through(tmp_path, path, monkeypatch):
    failing = [sys.executable, "-c", "raise OSError"]
    run = subprocess.run
    monkeypatch.setattr("subprocess.run", lambda _command, **more: run(failing, **more))
    assert "its HDF5 is damaged: it cannot be read to its end" in refused(tmp_path, path)


@pytest.mark.parametrize("linked", ["/X", h5py.SoftLink("/X"), None])
def test_a_matrix_may_be_large_where_it_is_nothing_else(tmp_path, linked):
    path = h5ad(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["X"]
        file.create_dataset("X", (1 << 20, 1 << 10), "f4", chunks=(16, 1 << 10))
        if linked:
            file["obsm/X_pca"] = file[linked] if isinstance(linked, str) else linked
    assert look_through(str(path)) == (FILLS_MEMORY if linked else 0)
