"""`tandem export`: experiments for other programs."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tandem.cli.display import console, duration
from tandem.cli.surroundings import read_settings
from tandem.exchange.request import ExportRequest, Form
from tandem.interruption import end_like_ctrl_c
from tandem.local import experiments as experiment_folders
from tandem.local.layout import Layout

#: From here on people count in the next unit.
THOUSAND = 1000


def export(
    experiment: Annotated[str, typer.Argument(help="The experiment: a folder of data/.")],
    to: Annotated[
        Form,
        typer.Option(
            help="h5ad for scanpy, rds for Seurat, 10x for a folder of counts, cellxgene for an h5ad to look at there."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The file or folder to write; else ./ID.h5ad, ./ID.rds, ./ID-10x or ./ID-cellxgene.h5ad.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier export has left there.")] = False,
) -> None:
    """Write an experiment for other programs: with its cell sets, its layouts and what is known of its cells."""
    from tandem.exchange import exporter  # AnnData takes long to load, and most commands do without

    layout = Layout.of(read_settings())
    experiment_folders.check_built(layout, experiment)
    request = ExportRequest(experiment, to, output or exporter.default_target(experiment, to), force)
    started = time.monotonic()
    end_like_ctrl_c()
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(30), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(f"exporting {experiment}", total=None)
        said: set[str] = set()

        def show(what: str, done: float | None) -> None:
            progress.update(bar, total=None if done is None else 1, completed=done or 0, description=escape(what))
            if what not in said and (not console.is_terminal or what.startswith("left out")):
                progress.console.print(what, markup=False, soft_wrap=True)
            said.add(what)

        exporter.export(request, experiment_folders.exchange_places(layout), show)
    target = request.target
    console.print(f"{target}: {_size(target)} in {duration(time.monotonic() - started)}", markup=False, soft_wrap=True)


def _size(path: Path) -> str:
    """The bytes of a file, or of all in a folder, as people say them."""
    files = path.iterdir() if path.is_dir() else [path]
    size = float(sum(file.stat().st_size for file in files))
    for unit in ("bytes", "kB", "MB"):
        if size < THOUSAND:
            return f"{size:.3g} {unit}"
        size /= THOUSAND
    return f"{size:.2f} GB"
