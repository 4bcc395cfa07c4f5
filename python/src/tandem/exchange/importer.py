"""What scientists have becomes an experiment: read into a parcel, made by R, shown under its id when it is whole."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tandem.errors import ImportFailed, UsageError
from tandem.exchange import r_process
from tandem.exchange.gzipped import fault_in_gzip
from tandem.exchange.inputs import find_samples_table, find_sources
from tandem.exchange.packing import pack, samples_and_tracks
from tandem.exchange.progress import Listener, Step
from tandem.exchange.request import ImportRequest, Places
from tandem.exchange.samples import SamplesTable, read_samples, sample_columns
from tandem.exchange.source import Source
from tandem.exchange.staging import Staging
from tandem.exchange.workspace import Workspace
from tandem.experiments.folder import fault_in_name
from tandem.experiments.source import DATASET_FILE

#: How R corrects components for the samples.
HARMONY = (sys.executable, "-m", "tandem.exchange.harmony")


@dataclass(frozen=True)
class Found:
    """A data set as a dry run tells of it."""

    path: Path
    format: str
    cells: int
    genes: int
    samples: tuple[str, ...]


def import_experiment(request: ImportRequest, places: Places, listener: Listener) -> dict[str, Any]:
    """Make the experiment, and tell what was made: the facts of its import.json. ImportFailed or InputUnusable, and
    everything is as it was."""
    with _staging(request, places) as staging:
        _read(request, places, staging, listener)
        _make(request, places, staging, listener)
        if (fault := fault_in_gzip(staging.made / DATASET_FILE)) is not None:
            raise ImportFailed(experiment=request.id, reason=f"R wrote {DATASET_FILE} only in part: {fault}")
        facts = json.loads((staging.made / "import.json").read_text(encoding="utf-8"))
        staging.publish()
    return dict(facts)


def look(request: ImportRequest, places: Places) -> list[Found]:
    """The data sets that would be imported; nothing is kept."""
    with _staging(request, places) as staging:
        sources, table = _sources(request, places, staging)
        samples_and_tracks(sources, table)  # which says what does not fit together
        samples = sample_columns(sources, table)
        return [
            Found(source.path, source.format, len(source.barcodes), len(source.gene_ids), samples[place].levels)
            for place, source in enumerate(sources)
        ]


@contextmanager
def _staging(request: ImportRequest, places: Places) -> Iterator[Staging]:
    """Where the experiment is made; what goes wrong there is told as the end of its import."""
    if (fault := fault_in_name(request.id)) is not None:
        raise UsageError(reason=f"--id cannot be '{request.id}': {fault}")
    try:
        with Staging(places.data, request.id, force=request.force) as staging:
            yield staging
    except r_process.RFailed as failure:
        raise ImportFailed(experiment=request.id, reason=str(failure).rstrip(".")) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise ImportFailed(experiment=request.id, reason=f"{where}{error.strerror or error}") from None


def _sources(request: ImportRequest, places: Places, staging: Staging) -> tuple[list[Source], SamplesTable | None]:
    path = request.samples or find_samples_table(request.paths)
    sources = find_sources(request.paths, Workspace(staging.workspace, places.r_library))
    if len(sources) == 1 and path is None:
        # The same counts make the same experiment, whatever the file is called.
        sources = [replace(sources[0], sample=request.id)]
    return sources, read_samples(path) if path else None


def _read(request: ImportRequest, places: Places, staging: Staging, listener: Listener) -> None:
    started = time.monotonic()
    step = Step("open", "Reading the files", number=1)
    listener(step)
    sources, table = _sources(request, places, staging)
    facts = pack(sources, table, staging.parcel, lambda done, parts: listener(replace(step, done=done, parts=parts)))
    note = f"{facts['cells']:,} barcodes, {facts['genes']:,} genes: {facts['notes']['format']}."
    listener(replace(step, is_done=True, seconds=time.monotonic() - started, note=note))


def _make(request: ImportRequest, places: Places, staging: Staging, listener: Listener) -> None:
    wanted = staging.workspace / "request.json"
    wanted.write_text(
        json.dumps(
            {
                "id": request.id,
                "name": request.name,
                "options": request.options.model_dump() | {"asked": sorted(request.options.model_fields_set)},
                "harmony": HARMONY,
            }
        ),
        encoding="utf-8",
    )
    log = places.logs / f"import-{request.id}.log"
    arguments = [staging.parcel, staging.made, wanted]
    for event in r_process.run(
        "import_experiment", arguments, r_library=places.r_library, log=log, scratch=staging.workspace
    ):
        listener(_step(event))


def _step(event: dict[str, Any]) -> Step:
    return Step(
        name=str(event.get("step", "")),
        label=str(event.get("label", "")),
        is_done=event.get("state") == "done",
        seconds=float(event.get("seconds", 0)),
        note=str(event.get("note", "")),
        done=int(event.get("done", 0)),
        parts=int(event.get("parts", 0)),
        # R counts its own steps; the files were read before them.
        number=int(event["number"]) + 1 if "number" in event else 0,
        of=int(event["of"]) + 1 if "of" in event else 0,
    )
