"""`tandem import`: data sets become experiments."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from pydantic import ValidationError
from rich.table import Table

from tandem.cli.display import console, errors, steps
from tandem.cli.surroundings import command_name, open_platform
from tandem.errors import UsageError
from tandem.exchange.options import ImportOptions
from tandem.exchange.request import ImportRequest, Places
from tandem.interruption import end_like_ctrl_c
from tandem.local.experiments import exchange_places

if TYPE_CHECKING:
    from tandem.exchange.importer import Found

#: How many samples of a data set a dry run names.
SAMPLES_SHOWN = 4


def choices(field: str) -> str:
    """The values that an option takes, as its help names them."""
    return ", ".join(get_args(ImportOptions.model_fields[field].annotation))


def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="10x folder or .h5, .h5ad, .loom, .rds, csv or tsv of counts; a folder or an archive of them."
        ),
    ],
    id: Annotated[str, typer.Option("--id", help="The experiment's id: its folder under data/.")],  # noqa: A002
    name: Annotated[str | None, typer.Option(help="What people call it; its id where none is given.")] = None,
    samples: Annotated[
        Path | None, typer.Option(help="A csv or tsv: the sample in its first column, metadata tracks in the others.")
    ] = None,
    species: Annotated[str | None, typer.Option(help="human or mouse; else recognised by the genes.")] = None,
    empty_droplets: Annotated[
        str | None, typer.Option(help=f"{choices('empty_droplets')}: what becomes of barcodes without a cell.")
    ] = None,
    min_genes: Annotated[int | None, typer.Option(help="Cells with fewer genes go (200).")] = None,
    max_genes: Annotated[int | None, typer.Option(help="Cells with more genes go.")] = None,
    min_counts: Annotated[int | None, typer.Option(help="Cells with fewer counts go.")] = None,
    max_counts: Annotated[int | None, typer.Option(help="Cells with more counts go.")] = None,
    max_mito: Annotated[
        float | None, typer.Option(help="Cells with more mitochondrial counts go, in per cent (20; 100 keeps all).")
    ] = None,
    doublets: Annotated[bool | None, typer.Option("--doublets/--no-doublets", help="Score doublets.")] = None,
    max_doublet_score: Annotated[float | None, typer.Option(help="Cells with a higher score, up to 1, go.")] = None,
    normalisation: Annotated[str | None, typer.Option(help=f"{choices('normalisation')}.")] = None,
    variable_genes: Annotated[int | None, typer.Option(help="How many genes make the components (2000).")] = None,
    components: Annotated[int | None, typer.Option(help="How many principal components (30).")] = None,
    integration: Annotated[str | None, typer.Option(help=f"{choices('integration')}: over samples.")] = None,
    clustering: Annotated[str | None, typer.Option(help=f"{choices('clustering')}.")] = None,
    resolution: Annotated[float | None, typer.Option(help="Higher makes more clusters (0.8).")] = None,
    layout: Annotated[str | None, typer.Option(help=f"{choices('layout')}.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be imported, and how.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an experiment of that id.")] = False,
) -> None:
    """Make an experiment of a data set."""
    arguments = locals()
    from tandem.exchange import importer  # what reads the formats takes long to load

    given = {field: arguments[field] for field in ImportOptions.model_fields if arguments[field] is not None}
    request = ImportRequest(
        id=id, name=name or id, paths=tuple(paths), samples=samples, options=_options(given), force=force
    )
    platform = open_platform()
    places = exchange_places(platform.layout)
    end_like_ctrl_c()
    try:
        if dry_run:
            _tell_plan(request, importer.look(request, places))
            return
        with steps() as listener:
            facts = importer.import_experiment(request, places, listener)
    except KeyboardInterrupt:
        errors.print("Stopped. Nothing was changed.")
        raise typer.Exit(130) from None
    _tell_result(request, facts, places, command_name(platform.layout.home))


def _options(given: dict[str, Any]) -> ImportOptions:
    try:
        return ImportOptions(**given)
    except ValidationError as error:
        fault = error.errors()[0]
        option = "--" + str(fault["loc"][0]).replace("_", "-")
        reason = f"{option} cannot be '{fault['input']}': {fault['msg'].lower()}"
        raise UsageError(reason=reason) from None


def _tell_plan(request: ImportRequest, found: "list[Found]") -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("samples", "format", "cells", "genes", "file"):
        table.add_column(heading, justify="right" if heading in ("cells", "genes") else "left")
    for one in found:
        shown = ", ".join(one.samples[:SAMPLES_SHOWN])
        more = f" and {len(one.samples) - SAMPLES_SHOWN} more" if len(one.samples) > SAMPLES_SHOWN else ""
        table.add_row(shown + more, one.format, f"{one.cells:,}", f"{one.genes:,}", str(one.path))
    console.print(table)
    words = {True: "yes", False: "no"}
    changed = {name: getattr(request.options, name) for name in sorted(request.options.model_fields_set)}
    asked = ", ".join(
        f"{name.replace('_', ' ')} {words[value] if isinstance(value, bool) else value}"
        for name, value in changed.items()
    )
    console.print(f"\nThe experiment would be '{request.id}', made with {asked or 'the defaults'}.", markup=False)


def _tell_result(request: ImportRequest, facts: dict[str, Any], places: Places, command: str) -> None:
    clusters = "1 cluster" if facts["clusters"] == 1 else f"{facts['clusters']} clusters"
    console.print(
        f"\n{facts['cells']:,} cells, {facts['genes']:,} genes, {clusters}: {places.data / request.id}\n",
        markup=False,
    )
    console.print(f"    {places.data / request.id / 'report.html'}", markup=False)
    console.print(f"    {command} run -e {request.id}\n", style="bold", markup=False)
