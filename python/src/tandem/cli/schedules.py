"""`tandem job schedule`: jobs that are submitted again and again."""

from typing import Annotated

import typer

from tandem.cli import job_display as display
from tandem.cli import job_submission as submission
from tandem.cli import values
from tandem.cli.display import console, errors
from tandem.cli.surroundings import open_client
from tandem.client.ids import SHORT

app = typer.Typer(help="Submit jobs again and again.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="By what it will be known.")],
    cron: Annotated[str, typer.Argument(help="When: a cron expression, such as '0 6 * * mon-fri'.")],
    program: Annotated[str, typer.Argument(help="What is run.")],
    words: submission.Words = None,
    zone: Annotated[str | None, typer.Option(help="Whose time it is: Europe/Berlin; else UTC.")] = None,
    data: submission.Data = None,
    url: submission.Url = None,
    config: submission.Config = None,
    tag: submission.Tag = None,
    queue: submission.Queue = None,
    priority: submission.Prio = None,
    force: submission.Force = False,
    experiment: submission.Experiment = None,
) -> None:
    """Submit a job at the times of a cron expression."""
    client = open_client()
    schema = submission.schema_of(client, program, words)
    made = client.schedule(
        name,
        cron,
        program,
        zone=zone,
        inputs=submission.inputs_of(client, None, data, url),
        parameters={**values.read_mapping(config), **values.parameters(words or (), schema)},
        tags=values.tags(tag or ()),
        queue=queue,
        priority=priority,
        force=force,
        experiment=experiment,
    )
    console.print(f"'{name}' is submitted next at {display.moment(made['nextAt'])}.", markup=False)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List what is submitted again and again."""
    found = open_client().schedules()
    if as_json:
        display.show_json(found)
    elif found:
        titles = ("name", "when", "next", "last job", "trouble")
        rows = (
            (
                one["name"],
                f"{one['cron']} {one.get('zone') or ''}".strip(),
                display.moment(one.get("nextAt")) or "",
                (one.get("lastJob") or "")[:SHORT],
                one.get("trouble") or "",
            )
            for one in found
        )
        display.show(display.table(titles, rows))
    else:
        errors.print("Nothing is scheduled.")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="Its name.")]) -> None:
    """Submit it no more. Jobs that were submitted stay."""
    open_client().unschedule(name)
    console.print(f"'{name}' is not submitted any more.", markup=False)
