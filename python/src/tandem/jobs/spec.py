"""What a job was promised: the program's words with the wish's changes, as they were when it was submitted."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from tandem.errors import LimitsImpossible
from tandem.jobs.programs.toml import ProgramFile
from tandem.jobs.programs.units import said_bytes
from tandem.jobs.wishes import Resources
from tandem.records.runners import Runner

#: What a command of one's own is called among the programs.
COMMAND = "command"


class Late(BaseModel):
    """An input that is there only when the job it comes from has ended."""

    model_config = ConfigDict(frozen=True)

    job: str
    path: str | None = None
    to: str | None = None


class Spec(BaseModel):
    """Everything that a runner needs to know, but for parameters and inputs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    command: Sequence[str]
    config: str
    cpus: float
    memory_bytes: int
    disk_bytes: int
    gpus: int
    time_limit_s: float
    grace_s: float
    retries: int
    retry_on: Sequence[str]
    retry_pause_s: float
    max_parallel: int | None
    network: bool
    image: str | None
    results: Sequence[str]
    returns: Mapping[str, str]
    environment: Mapping[str, str]
    #: Whose cell sets what it returns goes to.
    experiment: str | None = None
    #: The commit of the program's files, where it was known.
    commit: str | None = None
    #: Whether there are files of a program.
    assets: bool = True
    late: Sequence[Late] = ()
    #: The group whose results it reads, a folder each.
    reads_group: str | None = None

    @classmethod
    def of(cls, file: ProgramFile, wish: Resources, **more: Any) -> Self:
        """That of a program, with what was asked for in its place."""
        asked = {
            "retries": wish.retries,
            "time_limit_s": wish.time_limit,
            "memory_bytes": wish.memory,
            "disk_bytes": wish.disk,
            "cpus": wish.cpus,
            "gpus": wish.gpus,
        }
        changed = {name: value for name, value in asked.items() if value is not None}
        return cls.model_validate({**file.model_dump(exclude={"experiment"}), **changed, **more})


def file_of_command(command: Sequence[str]) -> ProgramFile:
    """A command of one's own, as if it were a program."""
    return ProgramFile(name=COMMAND, command=tuple(command), network=False)


def check_possible(spec: Spec, queue: str, runners: Sequence[Runner]) -> None:
    """LimitsImpossible where no runner that was seen lately could ever take it. Where none was, one may come."""
    if not runners:
        return
    serving = [runner for runner in runners if queue in runner.queues]
    if not serving:
        served = ", ".join(sorted({name for runner in runners for name in runner.queues}))
        raise LimitsImpossible(field="queue", value=queue, reason=f"runners take from: {served}")
    for field, wanted, most in (
        ("cpus", spec.cpus, max(runner.cpus for runner in serving)),
        ("gpus", spec.gpus, max(runner.gpus for runner in serving)),
    ):
        if wanted > most:
            raise LimitsImpossible(field=field, value=f"{wanted:g}", reason=f"the largest has {most:g}")
    most_memory = max(runner.memory_bytes for runner in serving)
    if spec.memory_bytes > most_memory:
        told = said_bytes(spec.memory_bytes)
        raise LimitsImpossible(field="memory", value=told, reason=f"the largest has {said_bytes(most_memory)}")
