"""Start, look at and stop the local platform."""

import signal
import time
from typing import Annotated

import typer
from rich.markup import escape

from tandem.cli.display import console, duration, parts_table, starting
from tandem.cli.preparing import build_if_demo
from tandem.cli.surroundings import DEFAULT_EXPERIMENT, command_name, open_platform
from tandem.errors import UsageError
from tandem.interruption import end_like_ctrl_c
from tandem.local import experiments as experiment_folders
from tandem.local import given, log_files, wiping
from tandem.local.plan import Plan, settings_for
from tandem.local.platform import Platform
from tandem.queues import open_queue

Experiments = Annotated[
    str | None, typer.Option("--experiment", "-e", help="Which experiment of data/; several as a,b.")
]
LogPart = Annotated[str | None, typer.Argument(help="One part: redis, gateway, r-demo, worker-demo.")]


def run(experiment: Experiments = None) -> None:
    """Start everything and stay; Ctrl-C stops all of it."""
    end_like_ctrl_c()
    platform = open_platform()
    try:
        _start(platform, experiment)
        console.print("  Ctrl-C stops everything. What happens from now on:\n", style="dim")
        _print_new_lines(platform)
    except KeyboardInterrupt:
        console.print("\nStopping.", end=" ")
        _stop(platform)


def up(experiment: Experiments = None) -> None:
    """Start everything in the background."""
    platform = open_platform()
    try:
        _start(platform, experiment)
    except KeyboardInterrupt:
        console.print("\nStopping before it was ready.", end=" ")
        _stop(platform)
        raise typer.Exit(130) from None


def down(
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Also remove results, jobs, queue, record and logs; data/ stays.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop everything."""
    platform = open_platform()
    layout = platform.layout
    if delete_data and not yes:
        typer.confirm("Remove all results, jobs, waiting requests, logs and the record of runs?", abort=True)
    _stop(platform)
    if delete_data:
        wiping.delete_data(layout)
        console.print("Results, jobs, queue, record and logs are removed.")


def restart(experiment: Experiments = None) -> None:
    """Stop everything and start it again, with what was changed."""
    platform = open_platform()
    running = platform.running_plan()
    _stop(platform)
    _start(platform, experiment or (",".join(running.experiments) if running else None))


def status() -> None:
    """Say what runs, and where."""
    platform = open_platform()
    plan = platform.plan()
    console.print(parts_table(platform.parts()))
    for experiment in plan.experiments:
        depth = open_queue(settings_for(platform.settings, platform.layout, plan, experiment)).depth()
        given_up = f", {depth.dead} given up" if depth.dead else ""
        console.print(f"\n  {experiment}: {depth.waiting} waiting, {depth.leased} running{given_up}", markup=False)


def logs(
    part: LogPart = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with new lines.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many old lines of each part.")] = 20,
) -> None:
    """Show the logs of the parts."""
    platform = open_platform()
    found = {path.stem: path for path in sorted(platform.layout.logs.glob("*.log")) if path.stem[:6] != "setup-"}
    if part is not None and part not in found:
        raise UsageError(reason=f"there is no log of '{part}'; there is {', '.join(found) or 'none yet'}")
    chosen = {part: found[part]} if part is not None else found
    for name, path in chosen.items():
        for line in log_files.last_lines(path, lines):
            _print_log_line(name, line)
    if follow:
        try:
            for name, line in log_files.follow(chosen, while_there=platform.layout.logs):
                _print_log_line(name, line)
        except KeyboardInterrupt:
            return


def _start(platform: Platform, experiment: str | None) -> None:
    started = time.monotonic()
    wanted = experiment_folders.parse(experiment or platform.settings.experiment_id or DEFAULT_EXPERIMENT)
    experiment_folders.check(platform.layout, wanted)
    platform.layout.make_folders()
    for name in wanted:
        build_if_demo(platform, name)
    if changes := platform.changed_settings():
        parts = ", ".join(given.restarted(changes))
        console.print(f"Changed since the start: {', '.join(changes)}. What they concern is restarted: {parts}.")
    with starting() as watcher:
        plan = platform.up(wanted, watcher)
    console.print()
    console.print(parts_table(platform.parts()))
    _greet(platform, plan, wanted[0], time.monotonic() - started)


def _greet(platform: Platform, plan: Plan, experiment: str, seconds: float) -> None:
    command = command_name(platform.layout.home)
    which = "" if len(plan.experiments) == 1 else f" --experiment {experiment}"
    console.print(f"\n  Ready in {seconds:.1f} s. Try, in another terminal:\n")
    console.print(f"    {command} submit GeneExpression --genes CD14,LYZ{which} --wait -o out.json", style="bold")
    console.print(f"    {command} tasks\n", style="bold")


def _stop(platform: Platform) -> None:
    """Impatience does not make it faster, only incomplete: a second Ctrl-C is not heard."""
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    started = time.monotonic()
    try:
        there_was = platform.down()
    finally:
        signal.signal(signal.SIGINT, heard)
    console.print(f"Stopped in {duration(time.monotonic() - started)}." if there_was else "Nothing was running.")


def _print_new_lines(platform: Platform) -> None:
    names = [part.program.name for part in platform.parts()]
    logs = {name: platform.layout.log(name) for name in names}
    for name, line in log_files.follow(logs, while_there=platform.layout.plan):
        _print_log_line(name, line)
    console.print("\nStopped by another command.")


def _print_log_line(name: str, line: str) -> None:
    console.print(f"[dim]{name:<14}[/dim] {escape(line)}", soft_wrap=True)
