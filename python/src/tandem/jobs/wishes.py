"""What may be asked for: the bodies of the API, checked before anything is kept."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from tandem.jobs.programs.units import parse_bytes, parse_seconds
from tandem.records.job import QUEUE, Priority

#: The most jobs of one group.
MOST_JOBS = 100_000
#: The longest time that a job may be given.
LONGEST = timedelta(days=30)

NAME = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
WORD = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f=]+$")]
TEXT = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
ID = Annotated[str, Field(pattern=r"^[0-9a-f-]{8,40}$")]
Seconds = Annotated[float, BeforeValidator(parse_seconds), Field(gt=0, le=LONGEST.total_seconds())]
Bytes = Annotated[int, BeforeValidator(parse_bytes), Field(gt=0)]
#: A parameter takes one value in each job of a cross product.
Space = Mapping[str, Annotated[Sequence[Any], Field(min_length=1)]]


class Asked(BaseModel):
    """Names are in camelCase, as everywhere in the API; what is not known is a mistake."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid")


class Source(Asked):
    """Where inputs come from: a data set, the results of a job, what a job has read, or an address."""

    data: str | None = None
    job: ID | None = None
    path: str | None = Field(None, description="one file or folder of the job's results")
    inputs_of: ID | None = Field(None, description="the inputs of this job once more")
    url: str | None = Field(None, description="s3://bucket/key, or https:// of an allowed host")
    to: str | None = Field(None, description="the folder or name in inputs/ that it gets")

    @model_validator(mode="after")
    def _one_place(self) -> "Source":
        if sum(place is not None for place in (self.data, self.job, self.inputs_of, self.url)) != 1:
            raise ValueError("name one of data, job, inputsOf and url")
        if self.path is not None and self.job is None:
            raise ValueError("path belongs to job")
        return self


class Resources(Asked):
    """What a job may use, where that differs from what its program says."""

    queue: str | None = Field(None, pattern=f"^{QUEUE}$")
    priority: Priority = "normal"
    retries: int | None = Field(None, ge=0, le=20)
    time_limit: Seconds | None = None
    memory: Bytes | None = None
    disk: Bytes | None = None
    cpus: float | None = Field(None, gt=0, le=1024)
    gpus: int | None = Field(None, ge=0, le=64)


class JobWish(Resources):
    """One job."""

    program: str | None = None
    command: Annotated[Sequence[str], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="a command of one's own instead of a program, where that is allowed"
    )
    name: NAME | None = None
    parameters: Mapping[str, Any] = {}
    inputs: Annotated[Sequence[Source], Field(max_length=1000)] = ()
    experiment: str | None = None
    tags: Mapping[WORD, TEXT] = Field({}, max_length=50)
    after: Annotated[Sequence[ID], Field(max_length=MOST_JOBS)] = ()
    force: bool = Field(False, description="run it although an equal job has its results")

    @model_validator(mode="after")
    def _one_thing(self) -> "JobWish":
        if (self.program is None) == (self.command is None):
            raise ValueError("name a program or a command")
        return self


class Budget(Asked):
    """The most that a group may use: CPUs and GPUs that its jobs were given, times how long they ran."""

    cpu_hours: float | None = Field(None, gt=0)
    gpu_hours: float | None = Field(None, gt=0)


class Reduce(Asked):
    """A program that sums up what the jobs of a group have found: its inputs are their results, a folder each."""

    program: str
    parameters: Mapping[str, Any] = {}


class SweepWish(Resources):
    """Many jobs of one program: over values, over inputs, or both."""

    program: str
    name: NAME | None = None
    parameters: Mapping[str, Any] = Field({}, description="the same in each job")
    space: Space = Field({}, description="values of parameters, each with each")
    arms: Annotated[Sequence[Space], Field(max_length=1000)] = Field(
        (), description="several spaces, one after another"
    )
    cases: Annotated[Sequence[Mapping[str, Any]], Field(max_length=MOST_JOBS)] = Field((), description="one job each")
    inputs: Annotated[Sequence[Source], Field(max_length=1000)] = ()
    fan_out: Annotated[Sequence[Sequence[Source]], Field(max_length=MOST_JOBS)] = Field(
        (), description="inputs of which each job gets one"
    )
    fan_out_files: bool = Field(False, description="each file or folder that was sent is the input of a job")
    folds: int | None = Field(None, ge=1, le=1000, description="each job once for fold = 0, 1 …")
    experiment: str | None = None
    reduce: Reduce | None = None
    limit: Budget = Budget()
    tags: Mapping[WORD, TEXT] = Field({}, max_length=50)
    after: Annotated[Sequence[ID], Field(max_length=1000)] = ()
    force: bool = False
