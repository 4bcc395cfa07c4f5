"""HDF5 files that must not be opened are refused by a process that may die of them."""

import subprocess
import sys

import h5py
import pytest

from helpers.data_sets import small_counts, write_h5
from helpers.reading import refused
from tandem.exchange.probe import check_hdf5


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
