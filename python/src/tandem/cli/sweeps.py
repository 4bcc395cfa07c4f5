"""`tandem sweep`: run a program many times."""

import time
from contextlib import nullcontext
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tandem.cli import job_display as display
from tandem.cli import job_submission as submission
from tandem.cli import values
from tandem.cli.display import console, errors
from tandem.cli.surroundings import open_client
from tandem.client.ids import SHORT
from tandem.errors import UsageError
from tandem.states import State

if TYPE_CHECKING:
    from tandem.client.sweep import Sweep

app = typer.Typer(help="Run a program many times.", no_args_is_help=True, rich_markup_mode=None)

#: How many jobs that failed are named.
NAMED = 5

One = Annotated[str, typer.Argument(metavar="ID", help="A sweep; its beginning is enough, '@last' is the newest.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command()
def run(
    program: Annotated[str, typer.Argument(help="A program; 'tandem program list' shows them.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUES]...", help="a=0..4, b=1,2,3, c=0..1..0.25: each with each; d=7 is fixed."),
    ] = None,
    cases: Annotated[
        Path | None, typer.Option(help="A csv or yaml with the parameters of each job.", dir_okay=False)
    ] = None,
    arms: Annotated[
        Path | None, typer.Option(help="A yaml or JSON list of spaces, one after another.", dir_okay=False)
    ] = None,
    config: submission.Config = None,
    input: submission.Input = None,  # noqa: A002
    data: submission.Data = None,
    url: submission.Url = None,
    from_job: submission.FromJob = None,
    fan_out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Each file or folder in it is the input of a job.")
    ] = None,
    folds: Annotated[int | None, typer.Option(min=1, help="Each job once for fold = 0, 1 ….")] = None,
    reduce: Annotated[str | None, typer.Option(metavar="PROGRAM", help="What sums up all results.")] = None,
    limit_cpu_hours: Annotated[float | None, typer.Option(min=0, help="The most that all may use.")] = None,
    name: submission.Name = None,
    tag: submission.Tag = None,
    queue: submission.Queue = None,
    priority: submission.Prio = None,
    after: submission.After = None,
    force: submission.Force = False,
    retries: submission.Retries = None,
    time_limit: submission.TimeLimit = None,
    memory: submission.Memory = None,
    cpus: submission.Cpus = None,
    experiment: submission.Experiment = None,
    wait: submission.Wait = False,
) -> None:
    """Run a program for each combination of values, each case, each input, each fold."""
    client = open_client()
    swept = values.sweep_values(words or (), submission.schema_of(client, program, words))
    fixed = {key: value for key, value in swept.items() if not isinstance(value, list)}
    # what is sent shows a bar of its own
    with nullcontext() if input or fan_out else errors.status("handing in"):
        sweep = client.sweep(
            program,
            parameters={**values.read_mapping(config), **fixed},
            space={key: value for key, value in swept.items() if isinstance(value, list)},
            arms=None if arms is None else _arms(arms),
            cases=cases,
            inputs=submission.inputs_of(client, input, data, url, from_job),
            fan_out=fan_out,
            folds=folds,
            reduce=reduce,
            limit=limit_cpu_hours,
            name=name,
            tags=values.tags(tag or ()),
            queue=queue,
            priority=priority,
            after=[client.job(one).id for one in after or ()],
            force=force,
            retries=retries,
            time_limit=time_limit,
            memory=memory,
            cpus=cpus,
            experiment=experiment,
        )
    console.print(sweep.id, markup=False)
    if wait:
        raise typer.Exit(0 if _follow(sweep) else 1)
    errors.print(f"{sweep.total:,} {'job' if sweep.total == 1 else 'jobs'}: {display.counts(sweep)}.", markup=False)
    errors.print(f"    {display.command()} sweep wait {sweep.id[:SHORT]}", style="bold")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="How many.")] = 20, as_json: Json = False
) -> None:
    """List sweeps, newest first."""
    found = open_client().sweeps(limit=limit)
    if as_json:
        display.show_json([sweep.facts for sweep in found])
    elif found:
        display.show(display.sweeps_table(found))
    else:
        errors.print("There is no sweep yet.")


@app.command()
def show(sweep: One, as_json: Json = False) -> None:
    """Show how a sweep stands."""
    found = open_client().find_sweep(sweep).refresh()
    if as_json:
        display.show_json(found.facts)
        return
    facts = found.facts
    told: dict[str, Any] = {
        "sweep": found.id,
        "name": found.name,
        "state": display.state(found.state),
        "program": facts.get("program"),
        "jobs": f"{found.total:,}: {display.counts(found)}",
        "owner": facts.get("owner"),
        "used": display.cost(facts.get("cost")),
        "limit": display.cost(facts.get("limit")),
        "submitted": display.ago(facts.get("createdAt")),
    }
    if (reduced := found.reduced) is not None:
        told["summed up by"] = f"{reduced.id[:SHORT]} {reduced.program}, {reduced.state.lower()}"
    display.show(display.facts_table(told))


@app.command()
def wait(
    sweep: One,
    timeout: Annotated[float | None, typer.Option(min=0, help="Seconds until nobody waits any more.")] = None,
) -> None:
    """Wait until all of a sweep has ended; 0 only if all of it is complete."""
    raise typer.Exit(0 if _follow(open_client().find_sweep(sweep), timeout) else 1)


@app.command()
def table(
    sweep: One,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as csv.", dir_okay=False)] = None,
    as_json: Json = False,
) -> None:
    """Show parameters and results of all jobs."""
    found = open_client().find_sweep(sweep)
    if csv is not None:
        try:
            csv.write_text(found.csv())
        except OSError as error:
            raise UsageError(reason=f"{csv} cannot be written: {error.strerror or error}") from error
        errors.print(f"{found.total:,} jobs in {csv}", markup=False)
        return
    columns, rows = itemgetter("columns", "rows")(found.raw_table())
    if as_json:
        display.show_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    display.show(display.table(columns, ([*map(_cell, columns, row)] for row in rows)))


@app.command()
def kill(sweep: One) -> None:
    """End all that is under way."""
    found = open_client().find_sweep(sweep)
    with errors.status("ending them"):
        found.kill()
    console.print(f"{found.name} {found.id[:SHORT]}: {display.counts(found)}.", markup=False)


@app.command()
def retry(sweep: One) -> None:
    """Run again what failed or was killed."""
    found = open_client().find_sweep(sweep)
    with errors.status("handing in"):
        found.retry()
    console.print(f"{found.name} {found.id[:SHORT]}: {display.counts(found)}.", markup=False)


@app.command()
def delete(sweep: One, yes: Yes = False) -> None:
    """Remove a sweep that has ended, with all that its jobs made."""
    found = open_client().find_sweep(sweep)
    if not yes:
        told = f"Remove {found.name} {found.id[:SHORT]} with its {found.total:,} jobs, their logs and results?"
        typer.confirm(told, abort=True)
    with errors.status("removing"):
        found.delete()
    console.print(f"{found.name} {found.id[:SHORT]} is removed.", markup=False)


@app.command()
def download(
    sweep: One,
    folder: Annotated[Path, typer.Argument(help="Where to; each job gets a folder of its own.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
) -> None:
    """Fetch the results of all jobs that are complete."""
    found = open_client().find_sweep(sweep).refresh()
    total, files, started = found.counts.get(State.COMPLETE, 0), 0, time.monotonic()
    with errors.status("fetching") as line:
        for number, paths in enumerate(found.downloads(folder, overwrite), start=1):
            files += len(paths)
            line.update(f"fetched {number:,} of {total:,} jobs")
    seconds = time.monotonic() - started
    errors.print(f"{files:,} files of {total:,} jobs in {folder}, in {seconds:.1f} s", markup=False)


def _follow(sweep: "Sweep", timeout: float | None = None) -> bool:
    short, command = sweep.id[:SHORT], display.command()
    try:
        sweep.wait(timeout)
        reduced = sweep.reduced
        if reduced is not None:
            reduced.wait(timeout)
    except KeyboardInterrupt:
        errors.print(
            f"The sweep goes on without you. {command} sweep wait {short} waits again, "
            f"{command} sweep kill {short} ends it."
        )
        raise typer.Exit(130) from None
    errors.print(f"{sweep.name} {short}: {display.counts(sweep)}. {command} sweep table {short}", markup=False)
    for job in sweep.jobs(State.FAILED)[:NAMED]:
        errors.print(f"    {job.name} {job.id[:SHORT]}: {job.reason}", style="red", markup=False)
    return sweep.state is State.COMPLETE and (reduced is None or display.tell_end(reduced))


def _arms(path: Path) -> list[dict[str, Any]]:
    document = values.read_document(path)
    if not isinstance(document, list) or not all(isinstance(arm, dict) for arm in document):
        raise UsageError(reason=f"{path} has to hold a list of spaces, each with names and their values")
    return document


def _cell(title: str, value: Any) -> Any:
    if title == "id":
        return str(value)[:SHORT] if console.is_terminal else str(value)
    return (
        display.state(State(value))
        if title == "state" and value in set(State)
        else display.said("" if value is None else value)
    )
