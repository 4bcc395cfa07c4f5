"""Catch requests as R gets them, and run them again."""

import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from tandem.cli.display import console
from tandem.cli.surroundings import open_platform
from tandem.errors import SetupIncomplete, UsageError
from tandem.tasks.catalogue import CATALOGUE


def debug(
    step: Annotated[str, typer.Argument(help="all, an analysis or its route, such as getEmbedding, or off.")],
    experiment: Annotated[str | None, typer.Option("--experiment", "-e", help="Only in one experiment.")] = None,
) -> None:
    """Save requests and data of an analysis in data/debug, from now on."""
    platform = open_platform()
    plan = platform.plan()
    if experiment is not None and experiment not in plan.experiments:
        raise UsageError(reason=f"'{experiment}' is not running; what runs is {', '.join(plan.experiments)}")
    from tandem.local.capture import keep_requests  # brings an HTTP client that only this command needs

    chosen = [experiment] if experiment is not None else plan.experiments
    route = CATALOGUE[step].route if step in CATALOGUE else step
    keep_requests(plan, chosen, None if step == "off" else route)
    if step == "off":
        console.print("Requests are not saved any more.")
    else:
        console.print(f"Requests of {step} are saved in {platform.layout.data / 'debug'}.", markup=False)


def replay(
    request: Annotated[Path, typer.Argument(help="A saved request, …_req.rds.", exists=True, dir_okay=False)],
) -> None:
    """Run a saved request again in a fresh R process; print its result and how long it took."""
    library = open_platform().layout.r_library
    if not (library / "tandem").is_dir():
        raise SetupIncomplete(missing="the R package")
    call = ["Rscript", "-e", "tandem::replay(commandArgs(TRUE)[1])", str(request)]
    raise typer.Exit(subprocess.run(call, env=os.environ | {"R_LIBS": str(library)}, check=False).returncode)
