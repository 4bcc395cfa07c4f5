"""Programs: what can be run, and what each needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from tandem.errors import ProgramUnsound
from tandem.gateway.api.models import Told
from tandem.gateway.parts import World
from tandem.jobs.programs.library import Program
from tandem.jobs.programs.parameters import schema_of

router = APIRouter(prefix="/programs", tags=["programs"])


class ProgramTold(Told):
    """One program. One that cannot be used has problems, and nothing else is known of it."""

    name: str
    version: str | None = Field(None, description="the hash of its files")
    label: str | None = Field(None, description="the version as its maker calls it")
    commit: str | None = None
    description: str = ""
    parameters: Mapping[str, Any] = Field({}, description="a JSON Schema of the parameters")
    inputs: Sequence[str] = Field((), description="what has to be among the inputs")
    results: Sequence[str] = ()
    queue: str = "default"
    cpus: float | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None
    gpus: int | None = None
    time_s: float | None = None
    retries: int | None = None
    max_parallel: int | None = None
    network: bool = False
    experiment: bool = False
    image: str | None = None
    problems: list[str] = []


class Programs(Told):
    """All programs."""

    items: list[ProgramTold]
    total: int
    commands_allowed: bool = Field(description="whether commands of one's own may be run")


@router.get("")
def programs(parts: World) -> Programs:
    """All programs, those that cannot be used with the reason."""
    items = [_told(name, found) for name, found in parts.library.all()]
    return Programs(items=items, total=len(items), commands_allowed=parts.settings.commands_allowed)


@router.get("/{name}")
def program(name: str, parts: World) -> ProgramTold:
    """One program."""
    return _told(name, parts.library.load(name))


def _told(name: str, found: Program | ProgramUnsound) -> ProgramTold:
    if isinstance(found, ProgramUnsound):
        return ProgramTold(name=name, problems=[str(found)])
    file = found.file
    return ProgramTold(
        name=name,
        version=found.hash,
        label=file.version,
        commit=found.commit,
        description=file.description,
        parameters=schema_of(file),
        inputs=file.inputs.files,
        results=file.results,
        queue=file.queue,
        cpus=file.cpus,
        memory_bytes=file.memory_bytes,
        disk_bytes=file.disk_bytes,
        gpus=file.gpus,
        time_s=file.time_limit_s,
        retries=file.retries,
        max_parallel=file.max_parallel,
        network=file.network,
        experiment=file.experiment,
        image=file.image,
    )
