"""`tandem cloud`: jobs that begin when a file is dropped into a bucket."""

import os
import sys
from contextlib import closing
from typing import Annotated

import typer

from tandem.cli.display import errors
from tandem.cli.surroundings import open_platform, read_settings
from tandem.errors import UsageError
from tandem.local.plan import environment

app = typer.Typer(help="Jobs that begin with a file in a bucket.", no_args_is_help=True, rich_markup_mode=None)

Bucket = Annotated[str | None, typer.Option(help="The bucket; else TANDEM_CLOUD_BUCKET.")]
Queue = Annotated[str | None, typer.Option(help="The queue that tells of it; else TANDEM_CLOUD_QUEUE.")]


@app.command()
def watch(bucket: Bucket = None, queue: Queue = None) -> None:
    """Submit what is dropped into a bucket and bring results there, until Ctrl-C."""
    platform = open_platform()
    told = {} if platform.settings.queue_url is not None else environment(platform.layout, platform.plan())
    asked = {"TANDEM_CLOUD_BUCKET": bucket, "TANDEM_CLOUD_QUEUE": queue}
    told |= {name: value for name, value in asked.items() if value is not None}
    program = [sys.executable, "-m", "tandem.jobs.cloud"]
    os.execve(sys.executable, program, os.environ | told)  # noqa: S606  # it takes our place, and our signals


@app.command()
def prepare(bucket: Bucket = None, queue: Queue = None) -> None:
    """Make a bucket and a queue where they are missing, and let the bucket tell the queue of submissions."""
    from tandem.aws import Clients
    from tandem.jobs.cloud import setup

    settings = read_settings()
    bucket, queue = bucket or settings.cloud_bucket, queue or settings.cloud_queue
    if not bucket or not queue:
        raise UsageError(reason="say which: --bucket NAME --queue NAME")
    with closing(Clients(settings)) as clients:
        setup.prepare(clients, settings, bucket, queue)
    errors.print(f"The bucket {bucket} tells the queue {queue} of submissions.", markup=False)
