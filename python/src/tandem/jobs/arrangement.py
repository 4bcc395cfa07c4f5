"""What one run of a program finds in its folder, and how it is started there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Launch, Limits, Places, places
from tandem.jobs.inputs.blobs import Blobs
from tandem.jobs.inputs.manifest import Manifest
from tandem.jobs.programs.command import filled
from tandem.jobs.programs.parameters import write_config
from tandem.jobs.spec import Spec


def arrange(
    run_id: str,
    spec: Spec,
    parameters: Mapping[str, Any],
    manifest: Manifest,
    *,
    blobs: Blobs,
    folder: RunFolder,
    assets: Path | None,
    gpus: tuple[int, ...] = (),
    attempt: int = 1,
    hidden: tuple[Path, ...] = (),
) -> Launch:
    """Make the folder anew with its inputs and configuration; what is to be executed in it."""
    RunFolder.make(folder.root)
    blobs.place(manifest.entries, folder.inputs)
    write_config(folder.configs / spec.config, parameters)
    return Launch(
        job_id=run_id,
        argv=words(spec, parameters, places(folder, spec.image)),
        folder=folder,
        environment=spec.environment,
        limits=limits_of(spec),
        network=spec.network,
        gpus=gpus,
        image=spec.image,
        assets=assets,
        attempt=attempt,
        hidden=hidden,
    )


def words(spec: Spec, parameters: Mapping[str, Any], inside: Places) -> tuple[str, ...]:
    """The command, with the places as the program sees them."""
    named = {
        "input": str(inside.input),
        "output": str(inside.output),
        "config": str(inside.config_folder / spec.config),
        "assets": str(inside.assets),
        "logs": str(inside.logs),
    }
    return filled(spec.command, named, parameters)


def limits_of(spec: Spec) -> Limits:
    """What it was promised, as what it may use up."""
    return Limits(spec.cpus, spec.memory_bytes, spec.disk_bytes, spec.time_limit_s, spec.grace_s)
