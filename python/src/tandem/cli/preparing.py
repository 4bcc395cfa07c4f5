"""`tandem prepare`: what has to be there before the parts start, where others start them."""

from typing import Annotated

import typer

from tandem.cli.display import console, steps
from tandem.cli.surroundings import DEFAULT_EXPERIMENT, open_platform
from tandem.local import experiments as experiment_folders
from tandem.local.platform import Platform


def prepare(
    experiment: Annotated[str | None, typer.Option(help="Which experiments, with commas between.")] = None,
) -> None:
    """Build the demo if it is asked for; where AWS is simulated, put buckets, a queue and the experiments there."""
    platform = open_platform()
    wanted = experiment_folders.parse(experiment or platform.settings.experiment_id or DEFAULT_EXPERIMENT)
    experiment_folders.check(platform.layout, wanted)
    for name in wanted:
        build_if_demo(platform, name)
    if not platform.settings.store_is_embedded and platform.settings.in_development:
        from tandem.local.simulator import furnish  # boto3 takes long to load

        furnish(platform.settings, wanted)
    console.print(f"Prepared: {', '.join(wanted)}.")


def build_if_demo(platform: Platform, experiment: str) -> None:
    """Turn the demo's counts into an experiment, if that is still to be done."""
    if experiment_folders.can_build(platform.layout, experiment):
        console.print("Building the demo experiment from its counts.")
        with steps() as listener:
            experiment_folders.build_demo(platform.layout, listener)
