"""Reads a path as an import does, up to the parcel."""

import pytest
from scipy import sparse

from tandem.errors import InputUnusable
from tandem.exchange.inputs import find_sources
from tandem.exchange.packing import pack
from tandem.exchange.parcel import Parcel
from tandem.exchange.samples import read_samples
from tandem.exchange.workspace import Workspace


def packed(tmp_path, *paths, samples=None):
    """The parcel of what lies at the paths, its facts, and its counts."""
    workspace, folder = tmp_path / "workspace", tmp_path / "parcel"
    workspace.mkdir(exist_ok=True)
    folder.mkdir()
    table = read_samples(samples) if samples else None
    facts = pack(
        find_sources(paths, Workspace(workspace, r_library=tmp_path)), table, folder, lambda _done, _total: None
    )
    parcel = Parcel(folder)
    return parcel, facts, sparse.vstack(list(parcel.blocks("counts")), format="csr")


def column(parcel, name):
    """What a column says of each cell, as words for a category."""
    found = next(one for one in parcel.contents.columns if one.name == name)
    if found.kind != "category":
        return found.values.tolist()
    return [found.levels[place] if place >= 0 else None for place in found.values]


def refused(tmp_path, *paths, samples=None):
    """The sentence that says why the paths cannot be imported."""
    with pytest.raises(InputUnusable) as error:
        packed(tmp_path, *paths, samples=samples)
    assert "\n" not in str(error.value)
    return str(error.value)


def same_counts(one, other):
    return one.shape == other.shape and (one != other).nnz == 0
