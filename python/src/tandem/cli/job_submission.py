"""`tandem job submit`: hand in a job, and wait for it where that is wanted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tandem.cli import job_display as display
from tandem.cli import values
from tandem.cli.display import console, errors
from tandem.cli.surroundings import open_client
from tandem.client.ids import SHORT
from tandem.errors import UsageError

if TYPE_CHECKING:
    from tandem.client.client import Client
    from tandem.client.job import Job

Priority = Literal["high", "normal", "low"]

Words = Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Parameters of the program.")]
Input = Annotated[
    list[str] | None, typer.Option("--input", "-i", help="A file, all that is in a folder, or s3:// or https://.")
]
Archive = Annotated[Path | None, typer.Option(help="A zip or tar whose content is the input.")]
Data = Annotated[list[str] | None, typer.Option("--data", help="A named data set.")]
Url = Annotated[list[str] | None, typer.Option("--url", help="What the gateway fetches: s3://bucket/key, https://…")]
FromJob = Annotated[
    list[str] | None, typer.Option("--from-job", metavar="ID[:PATH]", help="Results of a job, or one of them.")
]
Config = Annotated[Path | None, typer.Option(help="A JSON or YAML file with parameters.", dir_okay=False)]
Name = Annotated[str | None, typer.Option(help="What people call it.")]
Tag = Annotated[list[str] | None, typer.Option("--tag", metavar="K=V", help="By what it will be found.")]
Queue = Annotated[str | None, typer.Option(help="Which runners take it.")]
Prio = Annotated[Priority | None, typer.Option(help="Who comes first.")]
After = Annotated[list[str] | None, typer.Option("--after", metavar="ID", help="Begin when this job is complete.")]
Force = Annotated[bool, typer.Option("--force", help="Run it also where an equal job has the result.")]
Retries = Annotated[int | None, typer.Option(min=0, help="How often it may be tried again.")]
TimeLimit = Annotated[str | None, typer.Option(help="How long it may take: 90s, 10min, 2h.")]
Memory = Annotated[str | None, typer.Option(help="How much it may hold: 500MB, 4GB.")]
Cpus = Annotated[float | None, typer.Option(help="How many CPUs it gets.")]
Experiment = Annotated[str | None, typer.Option("--experiment", "-e", help="Which experiment it reads.")]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Wait until it has ended.")]
Command = Annotated[str | None, typer.Option(help="A command of your own instead of a program, where allowed.")]


def submit(
    program: Annotated[str | None, typer.Argument(help="A program; 'tandem program list' shows them.")] = None,
    words: Words = None,
    input: Input = None,  # noqa: A002
    archive: Archive = None,
    data: Data = None,
    url: Url = None,
    from_job: FromJob = None,
    config: Config = None,
    name: Name = None,
    tag: Tag = None,
    queue: Queue = None,
    priority: Prio = None,
    after: After = None,
    force: Force = False,
    retries: Retries = None,
    time_limit: TimeLimit = None,
    memory: Memory = None,
    cpus: Cpus = None,
    experiment: Experiment = None,
    wait: Wait = False,
    command: Command = None,
) -> None:
    """Run a program, or a command of your own, once."""
    if (program is None) == (command is None):
        raise UsageError(reason="name a program, or give a command with --command")
    client = open_client()
    options: dict[str, Any] = {
        "inputs": inputs_of(client, input, data, url, from_job),
        "archive": archive,
        "name": name,
        "tags": values.tags(tag or ()),
        "queue": queue,
        "priority": priority,
        "after": [client.job(one).id for one in after or ()],
        "force": force,
        "retries": retries,
        "time_limit": time_limit,
        "memory": memory,
        "cpus": cpus,
        "experiment": experiment,
    }
    if program is None:
        if words or config:
            raise UsageError(reason="a command has no parameters; put them into the command")
        job = client.command(command or "", **options)
    else:
        given = {**values.read_mapping(config), **values.parameters(words or (), schema_of(client, program, words))}
        job = client.run(program, parameters=given, **options)
    _tell(job, wait=wait)


def inputs_of(
    client: "Client",
    paths: list[str] | None,
    data: list[str] | None = None,
    urls: list[str] | None = None,
    from_jobs: list[str] | None = None,
) -> list[Any]:
    """All that is to be read, as the client takes it."""
    found: list[Any] = [*(paths or ()), *({"url": url} for url in urls or ()), *({"data": one} for one in data or ())]
    for one in from_jobs or ():
        beginning, _, path = one.partition(":")
        found.append({"job": client.job(beginning).id, **({"path": path} if path else {})})
    return found


def schema_of(client: "Client", program: str, words: list[str] | None) -> dict[str, Any]:
    """What the program says of its parameters, if any are typed."""
    return dict(client.program(program)["parameters"]) if words else {}


def follow(job: "Job") -> bool:
    """Wait for a job that goes on when people stop waiting; whether it ended well."""
    try:
        job.wait()
    except KeyboardInterrupt:
        short, command = job.id[:SHORT], display.command()
        errors.print(
            f"The job goes on without you. {command} job wait {short} waits again, {command} job kill {short} ends it."
        )
        raise typer.Exit(130) from None
    return display.tell_end(job)


def _tell(job: "Job", *, wait: bool) -> None:
    """The id where a program can read it, the rest beside it."""
    console.print(job.id, markup=False)
    if wait:
        raise typer.Exit(0 if follow(job) else 1)
    short, command = job.id[:SHORT], display.command()
    if job.facts.get("cachedFrom"):
        errors.print("An equal job was done before; its results are those of this one. --force runs it anew.")
        errors.print(f"    {command} job results {short}", style="bold")
        return
    waits = "waits for others" if job.facts.get("waitingFor") else str(job.state).lower()
    errors.print(f"{job.name} is {waits}.", markup=False)
    errors.print(f"    {command} job logs -f {short}", style="bold")
