"""`tandem program`: what can be run, and the work of those who write it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from tandem.cli import job_display as display
from tandem.cli import program_shell, program_trial
from tandem.cli.display import console, errors
from tandem.cli.library import job_store, open_library
from tandem.cli.surroundings import read_settings
from tandem.errors import ProgramUnsound
from tandem.jobs.programs.units import said_bytes, said_seconds

if TYPE_CHECKING:
    from tandem.jobs.programs.library import Program

#: What a program that cannot be used exits with.
UNSOUND = 2
#: What of a parameter's schema is told in words.
BOUNDS = {"minimum": "from {}", "maximum": "to {}", "exclusiveMinimum": "more than {}", "exclusiveMaximum": "below {}"}

app = typer.Typer(
    help="List, write, try and publish programs.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)
app.command("test")(program_trial.try_once)
app.command()(program_shell.shell)
app.command()(program_shell.save)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A program, as its folder is called.")]


@app.command("list")
def list_() -> None:
    """List the programs there are."""
    found = open_library().all()
    if not found:
        folder = read_settings().programs
        console.print(f"There is no program in {folder} yet. Make one with '{display.command()} program new NAME'.")
        return
    display.show(display.table(("program", "version", "what it is for"), (_row(*one) for one in found)))


@app.command()
def show(name: Name) -> None:
    """Show what a program takes, makes and may use up."""
    program = open_library().load(name)
    file = program.file
    console.print(Text(name, style="bold"), Text(file.description or "It has no description."))
    facts = {
        "version": f"{file.version} ({program.version})",
        "commit": program.commit,
        "folder": str(program.folder),
        "command": " ".join(file.command),
        "image": file.image,
        "reads": ", ".join(file.inputs.files) or ("an experiment" if file.experiment else None),
        "makes": ", ".join(file.results),
        "returns": ", ".join(f"{what} in {path}" for what, path in file.returns.items()),
        "limits": _limits(program),
        "queue": file.queue,
        "at once": file.max_parallel,
        "retries": f"{file.retries} (on {', '.join(file.retry_on)})" if file.retries else None,
        "network": "yes" if file.network else None,
    }
    display.show(display.facts_table(facts))
    if file.parameters:
        console.print()
        display.show(_parameters(file.parameters))


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="How it is to be called.")],
    language: Annotated[Literal["python", "r", "shell"], typer.Option(help="What it is written in.")] = "python",
) -> None:
    """Make a small program that runs, to be changed into what is wanted."""
    from tandem.jobs.programs import scaffold

    folder = scaffold.new(read_settings().programs, name, language)
    console.print(f"{folder} is made.", markup=False, soft_wrap=True)
    console.print(f"Change its files, then try it with '{display.command()} program test {name}'.", markup=False)


@app.command()
def check(name: Name) -> None:
    """Say what is wrong with a program, as far as can be seen without running it."""
    from tandem.jobs.programs.checking import findings

    found = findings(open_library().load(name))
    for level, sentence in found:
        mark, colour = ("✗", "red") if level == "error" else ("!", "yellow")
        console.print(Text(f"{mark} {sentence}", style=colour), soft_wrap=True)
    if any(level == "error" for level, _ in found):
        raise typer.Exit(UNSOUND)
    console.print(f"{name} can be used.", style="green", markup=False)


@app.command()
def publish(name: Name) -> None:
    """Put a program into the store, where gateways and runners elsewhere find it."""
    from tandem.jobs.programs.checking import findings
    from tandem.jobs.programs.published import publish as put

    program, store = open_library(published=False).load(name), job_store()
    for level, sentence in findings(program):
        if level == "error":
            raise ProgramUnsound(program=name, field="program", reason=sentence.rstrip("."))
    put(program, store)
    errors.print(f"{name} {program.version} is published in {store.bucket}.", markup=False)


def _row(name: str, program: "Program | ProgramUnsound") -> tuple[str | Text, ...]:
    if isinstance(program, ProgramUnsound):
        return name, "", Text(f"cannot be used: {program.facts['reason']}", style="red")
    return name, f"{program.file.version} ({program.version})", program.file.description


def _limits(program: "Program") -> str:
    file = program.file
    gpus = f", {file.gpus} GPU" if file.gpus else ""
    cpus = f"{file.cpus:g} {'CPU' if file.cpus == 1 else 'CPUs'}"
    most = f"{said_bytes(file.memory_bytes)} of memory, {said_bytes(file.disk_bytes)} of disk"
    return f"{cpus}{gpus}, {most}, {said_seconds(file.time_limit_s)}"


def _parameters(schemas: Mapping[str, Mapping[str, Any]]) -> Table:
    titles = ("parameter", "type", "default", "values", "what it is")
    return display.table(titles, (_parameter(name, schema) for name, schema in schemas.items()))


def _parameter(name: str, schema: Mapping[str, Any]) -> tuple[str, ...]:
    kind = schema.get("type", "")
    shown = kind if isinstance(kind, str) else " or ".join(kind)
    default = _said(schema["default"]) if "default" in schema else "needed"
    return name, shown, default, _values(schema), str(schema.get("description", ""))


def _values(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(_said, schema["enum"]))
    return " ".join(words.format(schema[name]) for name, words in BOUNDS.items() if name in schema)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
