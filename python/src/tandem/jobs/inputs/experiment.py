"""An experiment as programs read it: its matrix as h5ad, and its cell sets."""

from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from tandem import __version__
from tandem.errors import ExportFailed, InputUnfit
from tandem.exchange.request import ExportRequest, Places
from tandem.experiments.folder import FILES
from tandem.experiments.source import CELL_SETS_FILE
from tandem.jobs.inputs.blobs import Blobs
from tandem.jobs.inputs.manifest import Entry, Manifest

#: The matrix as programs get it.
MATRIX_FILE = "experiment.h5ad"


def from_experiment(folder: Path, blobs: Blobs, places: Places) -> Manifest:
    """The files of an experiment. What was made for one job serves the next while the experiment stays as it is."""
    note = blobs.cache / "experiments" / f"{_looks(folder)}.json"
    known = _noted(note)
    if known is not None and all(blobs.has(entry.sha256) for entry in known.entries):
        return known
    made = Manifest([_exported(folder, blobs, places), blobs.entry(folder / CELL_SETS_FILE, CELL_SETS_FILE)])
    if note.stem == _looks(folder):
        note.parent.mkdir(parents=True, exist_ok=True)
        with blobs.scratch() as scratch:
            draft = scratch / note.name
            draft.write_text(made.to_json())
            draft.rename(note)
    return made


def _exported(folder: Path, blobs: Blobs, places: Places) -> Entry:
    from tandem.exchange.exporter import export  # what writes the formats takes long to load

    with blobs.scratch() as scratch:
        target = scratch / MATRIX_FILE
        try:
            export(ExportRequest(id=folder.name, form="h5ad", target=target), places, lambda _what, _done: None)
        except ExportFailed as fault:
            raise InputUnfit(field=f"experiment {folder.name}", reason=str(fault.facts["reason"])) from None
        return blobs.entry(target, MATRIX_FILE)


def _looks(folder: Path) -> str:
    """What tells the experiment's files from changed ones without reading them."""
    whole = sha256(f"{__version__} {folder.resolve()}".encode())
    for name in FILES:
        try:
            state = (folder / name).stat()
        except OSError as error:
            raise InputUnfit(field=f"experiment {folder.name}", reason=f"{name}: {error.strerror}") from None
        whole.update(f" {state.st_ino} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}".encode())
    return whole.hexdigest()


def _noted(note: Path) -> Manifest | None:
    try:
        return Manifest.from_json(note.read_bytes())
    except (OSError, ValidationError):
        return None
