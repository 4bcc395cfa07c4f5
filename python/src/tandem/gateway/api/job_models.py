"""What the API says of jobs and groups."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import Field

from tandem.gateway.api.models import AttemptTold, ProgressTold, Told
from tandem.jobs.spec import Spec
from tandem.records.base import Progress
from tandem.records.bundle import Records
from tandem.records.groups import SECONDS_OF_HOUR, Group, state_of
from tandem.records.jobs import Job, Priority
from tandem.states import State

Item = TypeVar("Item")


class Feed(Told, Generic[Item]):
    """A part of a list that is read on from its cursor."""

    items: list[Item]
    total: int = Field(description="how many there are in all")
    cursor: str | None = Field(description="ask for what follows with this; null at the end")


class Cost(Told):
    """CPUs and GPUs that were given, times how long."""

    cpu_hours: float
    gpu_hours: float


class JobTold(Told):
    """One job and where it stands."""

    id: str
    name: str
    program: str
    version: str
    state: State
    phase: str | None = Field(description="how far it has come, or where it failed: run or collect")
    attempt: int
    queue: str
    priority: Priority
    owner: str
    group: str | None
    tags: Mapping[str, str]
    parameters: Mapping[str, Any]
    findings: Mapping[str, Any] | None = Field(description="values in its results, by file and name")
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    reason: str | None
    exit_code: int | None
    kill_requested: bool
    waiting_for: list[str] = Field(description="jobs whose end it waits for")
    cached_from: str | None = Field(description="the equal job that has done the work")
    cpu_seconds: float | None
    peak_bytes: int | None
    result_bytes: int | None
    cost: Cost | None
    progress: ProgressTold | None = None
    # What scripts for an earlier system read.
    status: State
    model: str
    created: datetime
    uuid: str


class InputTold(Told):
    """A file that a job reads."""

    path: str
    size: int
    sha256: str


class LimitsTold(Told):
    """What a job may use."""

    cpus: float
    memory_bytes: int
    disk_bytes: int
    gpus: int
    time_s: float


class JobInFull(JobTold):
    """One job with all that is known of it."""

    program_version: str
    command: Sequence[str]
    experiment: str | None
    limits: LimitsTold
    inputs: list[InputTold]
    attempts: list[AttemptTold]
    provenance: Mapping[str, Any] | None = Field(None, description="null until it has ended")


class Accepted(Told):
    """A job that was taken."""

    id: str
    message: str
    job: JobTold


class Jobs(Feed[JobTold]):
    """Jobs, newest first."""

    data: list[JobTold] = Field(description="the same as items, for scripts of an earlier system")


class BudgetTold(Told):
    """The most that a group may use."""

    cpu_hours: float | None
    gpu_hours: float | None


class GroupTold(Told):
    """Jobs that were submitted together."""

    id: str
    name: str
    program: str
    owner: str
    created_at: datetime
    total: int
    counts: Mapping[State, int]
    state: State
    limit: BudgetTold
    reduce_job: str | None


class GroupInFull(GroupTold):
    """A group and what it has used."""

    cost: Cost


def told(records: Records, jobs: Sequence[Job]) -> list[JobTold]:
    """Jobs as the API tells of them."""
    progress = records.runs.progress([job.run_id for job in jobs if job.state is State.RUNNING])
    waiting = records.jobs.waiting_for([job.run_id for job in jobs if job.sent_at is None and not job.state.terminal])
    return [JobTold(**_facts(job, progress.get(job.run_id), waiting.get(job.run_id, []))) for job in jobs]


def told_in_full(records: Records, job: Job, provenance: Mapping[str, Any] | None) -> JobInFull:
    """One job as the API tells all of it."""
    [short] = told(records, [job])
    spec = Spec.model_validate(job.spec)
    return JobInFull(
        **short.model_dump(),
        program_version=job.version,
        command=spec.command,
        experiment=spec.experiment,
        limits=LimitsTold(
            cpus=spec.cpus,
            memory_bytes=spec.memory_bytes,
            disk_bytes=spec.disk_bytes,
            gpus=spec.gpus,
            time_s=spec.time_limit_s,
        ),
        inputs=[InputTold(**entry) for entry in records.jobs.entries(job.input_hash)],
        attempts=[AttemptTold.model_validate(vars(one)) for one in records.runs.attempts(job.run_id)],
        provenance=provenance,
    )


def groups_told(records: Records, groups: Sequence[Group]) -> list[GroupTold]:
    """Groups as the API tells of them."""
    counts = records.groups.counts([group.group_id for group in groups])
    return [_group(group, counts[group.group_id]) for group in groups]


def group_in_full(records: Records, group: Group) -> GroupInFull:
    """One group with what it has used."""
    [short] = groups_told(records, [group])
    used = records.groups.used(group.group_id)
    return GroupInFull(**short.model_dump(), cost=Cost(cpu_hours=used.cpu_hours, gpu_hours=used.gpu_hours))


def _group(group: Group, counts: Mapping[State, int]) -> GroupTold:
    return GroupTold(
        id=group.group_id,
        name=group.name,
        program=group.program,
        owner=group.owner,
        created_at=group.created_at,
        total=group.total,
        counts=counts,
        state=state_of(counts),
        limit=BudgetTold(cpu_hours=group.cpu_hours, gpu_hours=group.gpu_hours),
        reduce_job=group.reduce_id,
    )


def _facts(job: Job, progress: Progress | None, waiting_for: list[str]) -> dict[str, Any]:
    same = ("name", "program", "state", "phase", "attempt", "queue", "priority", "owner", "tags", "parameters")
    ended = ("findings", "queued_at", "started_at", "finished_at", "error_code", "reason", "exit_code")
    rest = ("kill_requested", "cached_from", "peak_bytes", "result_bytes")
    return {
        **{name: getattr(job, name) for name in (*same, *ended, *rest)},
        "id": job.run_id,
        "version": job.version[:12],
        "group": job.group_id,
        "waiting_for": waiting_for,
        "cpu_seconds": job.cpu_s,
        "cost": _cost(job),
        "progress": ProgressTold(**vars(progress)) if progress else None,
        "status": job.state,
        "model": job.program,
        "created": job.queued_at,
        "uuid": job.run_id,
    }


def _cost(job: Job) -> Cost | None:
    if job.wall_s is None:
        return None
    hours = job.wall_s / SECONDS_OF_HOUR
    return Cost(cpu_hours=job.spec["cpus"] * hours, gpu_hours=job.spec["gpus"] * hours)
