"""`tandem program shell` and `save`: try a program by hand, and keep what was changed on the way."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from tandem.cli.display import console, errors
from tandem.cli.library import open_library, typed
from tandem.cli.surroundings import command_name, read_settings
from tandem.errors import UsageError
from tandem.local.layout import Layout

if TYPE_CHECKING:
    from tandem.jobs.execution.launch import Launch
    from tandem.jobs.programs.library import Program
    from tandem.jobs.trial.workbench import Changes, Workbench

COLOURS = {"new": "green", "changed": "yellow", "removed": "red"}
NAME_LINE = re.compile(r"^name\s*=.*$", re.MULTILINE)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A program.")]


def shell(
    name: Name,
    parameters: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="Its parameters.")] = None,
    inputs: Annotated[
        list[Path] | None, typer.Option("--input", "-i", metavar="PATH", help="What it reads; else its example.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what an earlier shell changed and nobody saved.")
    ] = False,
) -> None:
    """Open a shell where a run of the program would be, with a copy of its files to change."""
    from tandem.jobs.trial.shell import work_in

    program = open_library().load(name)
    given = typed(program, parameters)
    bench = _bench(name)
    with bench.held():
        launch = _laid_out(program, given, inputs or (), bench, fresh=fresh)
        command = command_name(read_settings().home)
        errors.print(
            f"./run does what a job would do; results/ is where results go, assets/ holds the files of {name}.\n"
            f"Change them as you like; '{command} program save {name}' brings the changes back. 'exit' ends the shell.",
            markup=False,
        )
        raise typer.Exit(work_in(name, launch, bench))


def _laid_out(
    program: "Program", parameters: dict[str, Any], paths: Sequence[Path], bench: "Workbench", *, fresh: bool
) -> "Launch":
    from tandem.jobs.trial.given import Given
    from tandem.jobs.trial.trial import scratch_folder

    settings = read_settings()
    if fresh:
        bench.clear()
    if bench.lay_out(program):
        errors.print("These are the files of an earlier shell, with changes that are not saved.", style="yellow")
    hidden = (settings.state.resolve(), settings.data.resolve())
    with scratch_folder() as scratch:
        given = Given.of(program, parameters, paths, scratch)
        return given.arrange(f"shell-{program.name}", bench.run, hidden, None)


def save(
    name: Name,
    new: Annotated[str | None, typer.Option("--as", metavar="NEW", help="Make another program of it.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Bring what was changed in a shell back into the program."""
    program, bench = open_library().load(name), _bench(name)
    with bench.held():
        changes = bench.changes(read_settings().programs / name)
        for path, change in changes.files.items():
            console.print(Text(f"{change:>8}  {path}", style=COLOURS[change]))
        if not changes and new is None:
            console.print("Nothing was changed.")
        elif new is not None:
            _save_as(bench, new, yes=yes)
        else:
            _save(bench, name, changes, yes=yes)
    if program.file.image:
        _save_image(name, new or name)


def _save(bench: "Workbench", name: str, changes: "Changes", *, yes: bool) -> None:
    from tandem.jobs.programs.toml import FILE, parse

    if changes.disputed:
        paths = ", ".join(changes.disputed)
        reason = f"{paths} was changed in the program's folder as well; save it --as another one, and compare"
        raise UsageError(reason=reason)
    if FILE in changes.files:
        parse(bench.read(FILE), name)
    _ask(f"Save this in {name}?", yes=yes)
    bench.save(read_settings().programs / name, changes)
    errors.print(f"{name} is saved.", style="green", markup=False)


def _save_as(bench: "Workbench", new: str, *, yes: bool) -> None:
    from tandem.jobs.programs.toml import FILE, NAME, parse

    folder = read_settings().programs / new
    if not re.fullmatch(NAME, new):
        raise UsageError(reason=f"'{new}' is no name of a program; it has small letters, digits, '_' and '-'")
    if folder.exists():
        raise UsageError(reason=f"{folder} is there already")
    text = NAME_LINE.sub(f'name = "{new}"', bench.read(FILE), count=1)
    parse(text, new)
    _ask(f"Make the program {new} of it?", yes=yes)
    bench.save_as(folder, text, FILE)
    errors.print(f"{folder} is made.", style="green", markup=False)


def _save_image(name: str, called: str) -> None:
    from tandem.jobs.trial import container

    image = container.SAVED.format(name=called)
    if container.save(name, image):
        errors.print(f'The container is saved as an image; let program.toml say: image = "{image}"', markup=False)


def _ask(question: str, *, yes: bool) -> None:
    if not yes and not typer.confirm(question):
        raise typer.Exit(1)


def _bench(name: str) -> "Workbench":
    from tandem.jobs.trial.workbench import Workbench

    return Workbench(Layout.of(read_settings()).shells / name)
