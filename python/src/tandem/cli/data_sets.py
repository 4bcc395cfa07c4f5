"""`tandem data`: inputs that have a name."""

from pathlib import Path
from typing import Annotated

import typer

from tandem.cli import job_display as display
from tandem.cli.display import console, errors
from tandem.cli.surroundings import open_client
from tandem.jobs.programs.units import said_bytes

app = typer.Typer(help="Keep inputs under a name, for any number of jobs.", no_args_is_help=True, rich_markup_mode=None)

#: How much of a content's hash is shown.
HASH = 12

Name = Annotated[str, typer.Argument(help="Its name.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="By what it will be known.")],
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH...", help="Files, folders (all that is in them), or s3://….")
    ] = None,
    archive: Annotated[Path | None, typer.Option(help="A zip or tar whose content it is.", dir_okay=False)] = None,
    from_job: Annotated[str | None, typer.Option(metavar="ID", help="The results of a job.")] = None,
    description: Annotated[str, typer.Option(help="What it is.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of one of that name.")] = False,
) -> None:
    """Keep files under a name."""
    client = open_client()
    given = [*(paths or ()), *([client.job(from_job)] if from_job else ())]
    made = client.add_data(name, given, archive=archive, replace=replace, description=description)
    console.print(f"'{name}' holds {_content(made)}.", markup=False)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List the data sets."""
    found = open_client().data_sets()
    if as_json:
        display.show_json(found)
    elif found:
        titles = ("name", "files", "size", "content", "when", "description")
        rows = (
            (
                one["name"],
                f"{one['files']:,}",
                said_bytes(one["size"]),
                one["hash"][:HASH],
                display.ago(one.get("createdAt")),
                one.get("description") or "",
            )
            for one in found
        )
        display.show(display.table(titles, rows))
    else:
        errors.print("There is no data set yet.")


@app.command()
def show(name: Name, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show what is in a data set."""
    found = open_client().data_set(name)
    if as_json:
        display.show_json(found)
        return
    display.show(display.facts_table({key: value for key, value in found.items() if not isinstance(value, list)}))
    for value in found.values():
        if isinstance(value, list):
            console.print()
            rows = ((one["path"], said_bytes(one["size"])) for one in value)
            display.show(display.table(("file", "size"), rows))


@app.command()
def remove(name: Name, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Forget a data set. Jobs that read it keep their results."""
    client = open_client()
    if not yes:
        typer.confirm(f"Remove the data set '{name}' ({_content(client.data_set(name))})?", abort=True)
    client.remove_data(name)
    console.print(f"'{name}' is removed.", markup=False)


def _content(data_set: dict[str, object]) -> str:
    files, size = int(str(data_set["files"])), int(str(data_set["size"]))
    return f"{files:,} {'file' if files == 1 else 'files'}, {said_bytes(size)}"
