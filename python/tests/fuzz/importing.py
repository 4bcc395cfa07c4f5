"""An import as far as the parcel, of whatever lies at a path."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzz.target import only
from tandem.exchange.inputs import find_samples_table, find_sources
from tandem.exchange.packing import pack
from tandem.exchange.parcel import Parcel
from tandem.exchange.samples import read_samples
from tandem.exchange.workspace import Workspace


def bring_in(write: Callable[[Path], None]) -> None:
    """Write files into a folder, and import it: a parcel comes of it that fits together, or a sentence."""
    with TemporaryDirectory() as place:
        folder, workspace, parcel = (Path(place, name) for name in ("sample", "workspace", "parcel"))
        for made in (folder, workspace, parcel):
            made.mkdir()
        write(folder)
        with only():
            table = find_samples_table([folder])
            sources = find_sources([folder], Workspace(workspace, folder))
            pack(sources, read_samples(table) if table else None, parcel, lambda _done, _parts: None)
        if (parcel / "parcel.json").exists():
            found = Parcel(parcel)
            assert sum(block.shape[0] for block in found.blocks("counts")) == found.cells
