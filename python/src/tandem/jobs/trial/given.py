"""What a program is tried with, checked as at a submission."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tandem.errors import InputUnfit
from tandem.jobs.arrangement import arrange
from tandem.jobs.drafting import check_inputs
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Launch
from tandem.jobs.inputs import sources
from tandem.jobs.inputs.blobs import Blobs
from tandem.jobs.inputs.experiment import MATRIX_FILE
from tandem.jobs.inputs.manifest import Entry, Manifest
from tandem.jobs.programs import packing
from tandem.jobs.programs.library import Program
from tandem.jobs.programs.parameters import completed
from tandem.jobs.spec import Spec
from tandem.jobs.wishes import Resources
from tandem.stores.folder import FolderStore


@dataclass(frozen=True)
class Given:
    """A program with what it is to read."""

    program: Program
    spec: Spec
    parameters: Mapping[str, Any]
    manifest: Manifest
    blobs: Blobs

    @classmethod
    def of(cls, program: Program, parameters: Mapping[str, Any], paths: Sequence[Path], scratch: Path) -> "Given":
        """Files and folders of this machine, or the program's example where there are none. JobRefused where something
        does not fit."""
        store = FolderStore(scratch / "store", "trial")
        blobs = Blobs(store, scratch / "cache" / "blobs")
        whole = completed(program.file, parameters)
        manifest = _read(paths or _example(program), blobs)
        check_inputs(program.file, manifest)
        _check_experiment(program, manifest)
        spec = Spec.of(program.file, Resources(), experiment=None, commit=program.commit)
        return cls(program, spec, whole, manifest, blobs)

    def arrange(self, name: str, folder: Path, hidden: tuple[Path, ...], assets: Path | None) -> Launch:
        """Lay everything out in a folder."""
        gpus = tuple(range(self.spec.gpus))
        return arrange(
            name,
            self.spec,
            self.parameters,
            self.manifest,
            blobs=self.blobs,
            folder=RunFolder(folder),
            assets=assets,
            gpus=gpus,
            hidden=hidden,
        )


def unpacked(program: Program, scratch: Path) -> Path:
    """The program's files as a runner has them: those that are part of it, and only to be read."""
    store = FolderStore(scratch / "store", "trial")
    packing.keep(program, store)
    return packing.fetch(store, program.name, program.hash, scratch / "cache" / "programs")


def _check_experiment(program: Program, manifest: Manifest) -> None:
    """Here nobody exports an experiment, as is done for a job."""
    if program.file.experiment and not any(entry.path == MATRIX_FILE for entry in manifest.entries):
        reason = "the program reads an experiment; 'tandem export' makes this file, give it and cell_sets.json"
        raise InputUnfit(field=MATRIX_FILE, reason=reason)


def _example(program: Program) -> list[Path]:
    example = program.file.inputs.example
    return [program.folder / example] if example else []


def _read(paths: Sequence[Path], blobs: Blobs) -> Manifest:
    whole = Manifest()
    for path in paths:
        if not path.exists():
            raise InputUnfit(field=str(path), reason="there is no such file or folder")
        whole = whole.merged(sources.from_folder(path, blobs) if path.is_dir() else _file(path, blobs))
    return whole


def _file(path: Path, blobs: Blobs) -> Manifest:
    try:
        with path.open("rb") as file:
            digest, size = blobs.keep(file)
    except OSError as error:
        raise InputUnfit(field=str(path), reason=f"it cannot be read: {error.strerror}") from None
    return Manifest([Entry(path.name, digest, size)])
