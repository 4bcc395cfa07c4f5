"""`tandem job`: look at jobs and act on them."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.live import Live

from tandem.cli import job_display as display
from tandem.cli import job_output, job_submission, schedules, values
from tandem.cli.display import console, errors
from tandem.cli.job_output import One
from tandem.cli.surroundings import open_client
from tandem.client.ids import SHORT
from tandem.errors import UsageError
from tandem.jobs.programs.units import parse_seconds, said_bytes, said_seconds
from tandem.states import State

if TYPE_CHECKING:
    from tandem.client.client import Page
    from tandem.client.job import Job

#: Seconds between two looks of `--watch`.
LOOK_S = 1.0

ATTEMPT_TIMES = ("startedAt", "endedAt")

app = typer.Typer(help="Run programs once, and see what became of them.", no_args_is_help=True, rich_markup_mode=None)
app.command()(job_submission.submit)
app.command()(job_output.logs)
app.command()(job_output.results)
app.command()(job_output.wait)
app.add_typer(schedules.app, name="schedule")

Many = Annotated[list[str], typer.Argument(metavar="ID...", help="Jobs; '@last' is the newest.")]


@app.command("list")
def list_(
    state: Annotated[list[State] | None, typer.Option(help="In this state.")] = None,
    program: Annotated[str | None, typer.Option(help="Of this program.")] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="K=V", help="With this tag.")] = None,
    sweep: Annotated[str | None, typer.Option(metavar="ID", help="Of this sweep.")] = None,
    owner: Annotated[str | None, typer.Option(help="Of this person's token.")] = None,
    since: Annotated[str | None, typer.Option(help="Submitted since: 2h, 3d, or a time.")] = None,
    until: Annotated[str | None, typer.Option(help="Submitted before.")] = None,
    search: Annotated[str | None, typer.Option(help="With this in the name, or at the beginning of the id.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=500, help="How many.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Go on behind an earlier list.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again; Ctrl-C ends it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List jobs, newest first."""
    client = open_client()
    filters = {
        "state": state,
        "program": program,
        "tags": values.tags(tag or ()),
        "group": client.find_sweep(sweep).id if sweep else None,
        "owner": owner,
        "since": _moment(since),
        "until": _moment(until),
        "search": search,
    }

    def look() -> "Page":
        return client.page_of_jobs(limit=limit, cursor=cursor, **filters)

    if watch:
        _watch(look)
        return
    page = look()
    if as_json:
        display.show_json({"items": [job.facts for job in page.jobs], "total": page.total, "cursor": page.cursor})
    elif not page.jobs:
        errors.print("There is no such job." if any(filters.values()) else "There is no job yet.")
    else:
        display.show(display.jobs_table(page.jobs))
        if page.cursor is not None:
            errors.print(f"\n{len(page.jobs):,} of {page.total:,}; --cursor {page.cursor} shows the next ones.")


@app.command()
def show(job: One, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show all that is known of a job."""
    found = open_client().job(job).refresh()
    if as_json:
        display.show_json(found.facts)
        return
    facts = found.facts
    display.show(display.facts_table(_told(found)))
    if len(attempts := facts.get("attempts") or []) > 1:
        console.print()
        rows = (
            (str(one["attempt"]), *(display.moment(one.get(at)) or "" for at in ATTEMPT_TIMES), one.get("reason") or "")
            for one in attempts
        )
        display.show(display.table(("attempt", "started", "ended", "reason"), rows))
    if inputs := facts.get("inputs"):
        console.print()
        display.show(display.table(("input", "size"), ((one["path"], said_bytes(one["size"])) for one in inputs)))


@app.command()
def kill(jobs: Many) -> None:
    """End jobs, with all that they have started."""
    client = open_client()
    for one in jobs:
        job = client.job(one)
        if job.ended:
            console.print(f"{job.name} {job.id[:SHORT]} has ended already: {job.state}.", markup=False)
            continue
        job.kill()
        how = "is killed" if job.ended else "is being ended"
        console.print(f"{job.name} {job.id[:SHORT]} {how}.", markup=False)


@app.command()
def retry(jobs: Many) -> None:
    """Run the same again, as new jobs."""
    client = open_client()
    for one in jobs:
        before = client.job(one)
        new = before.retry()
        console.print(new.id, markup=False)
        errors.print(f"{new.name} is {new.state.lower()} again.", markup=False)


@app.command()
def delete(jobs: Many, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Remove jobs that have ended, with all that they made."""
    client = open_client()
    found = [client.job(one) for one in jobs]
    if not yes:
        named = ", ".join(f"{job.name} {job.id[:SHORT]}" for job in found)
        typer.confirm(f"Remove {named}, with logs and results?", abort=True)
    for job in found:
        job.delete()
        console.print(f"{job.name} {job.id[:SHORT]} is removed.", markup=False)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="What a line of a log has to hold.")],
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    sweep: Annotated[str | None, typer.Option(metavar="ID", help="Only of this sweep.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Search the logs of all jobs."""
    client = open_client()
    found = client.search(text, program=program, group=client.find_sweep(sweep).id if sweep else None)
    if as_json:
        display.show_json(found)
    elif found:
        rows = ((one["job"][:SHORT], one["name"], one["stream"], one["line"]) for one in found)
        display.show(display.table(("job", "name", "stream", "line"), rows))
    else:
        errors.print("No log has this.")


def _told(job: "Job") -> dict[str, Any]:
    """What people want to know first."""
    facts = job.facts
    peak, cpu = facts.get("peakBytes"), facts.get("cpuSeconds")
    return {
        "job": job.id,
        "name": job.name,
        "state": display.state(job.state),
        "reason": facts.get("reason"),
        "code": facts.get("errorCode"),
        "exit code": facts.get("exitCode"),
        "phase": facts.get("phase") if not job.ended or job.state is State.FAILED else None,
        "waits for": [one[:SHORT] for one in facts.get("waitingFor") or ()],
        "program": f"{job.program} {facts.get('version') or ''}".strip(),
        "parameters": facts.get("parameters"),
        "tags": facts.get("tags"),
        "sweep": (facts.get("group") or "")[:SHORT],
        "owner": facts.get("owner"),
        "queue": f"{facts.get('queue')}, {facts.get('priority')} priority",
        "limits": _limits(facts["limits"]),
        "queued": f"{display.moment(facts['queuedAt'])} ({display.ago(facts['queuedAt'])})",
        "took": display.took(facts),
        "CPU time": f"{cpu:.2f} s" if cpu is not None else None,
        "used": display.cost(facts.get("cost")),
        "peak memory": said_bytes(peak) if peak else None,
        "results": said_bytes(facts["resultBytes"]) if facts.get("resultBytes") else None,
        "result of": (facts.get("cachedFrom") or "")[:SHORT],
    }


def _limits(limits: Mapping[str, Any]) -> str:
    """What a job may use."""
    gpus = f", {limits['gpus']} GPUs" if limits["gpus"] else ""
    memory, disk = said_bytes(limits["memoryBytes"]), said_bytes(limits["diskBytes"])
    return f"{limits['cpus']:g} CPUs{gpus}, {memory} of memory, {disk} of disk, {said_seconds(limits['timeS'])}"


def _watch(look: "Callable[[], Page]") -> None:
    """The list anew each second on a terminal; elsewhere a line for each change."""
    try:
        if console.is_terminal:
            with Live(console=console, auto_refresh=False) as live:
                while True:
                    live.update(display.jobs_table(look().jobs), refresh=True)
                    time.sleep(LOOK_S)
        seen: dict[str, State] = {}
        while True:
            for job in reversed(look().jobs):
                if seen.get(job.id) is not job.state:
                    seen[job.id] = job.state
                    print(job.id, job.state, job.name, flush=True)
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _moment(text: str | None) -> str | None:
    """A time, or how long ago it was."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text).astimezone()
    except ValueError:
        try:
            moment = datetime.now(UTC) - timedelta(seconds=parse_seconds(text))
        except (ValueError, OverflowError):
            raise UsageError(reason=f"'{text}' is no time: write 2h, 3d or 2026-07-01T12:00") from None
    return moment.isoformat()
