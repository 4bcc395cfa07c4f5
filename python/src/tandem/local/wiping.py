"""Removing all that a platform has written, but for experiments, programs that are worked on, and what setup made."""

from contextlib import suppress

from tandem.jobs.execution.folder import remove
from tandem.local.layout import Layout


def delete_data(layout: Layout) -> None:
    """Remove results, jobs, messages, the record and the logs of a platform that does not run."""
    for folder in (layout.store, *(layout.jobs.iterdir() if layout.jobs.is_dir() else ())):
        if folder != layout.shells:
            remove(folder)
    with suppress(OSError):  # it is not there, or copies of programs stay in it
        layout.jobs.rmdir()
    for path in (layout.queue, layout.record):
        for file in layout.state.glob(f"{path.name}*"):
            file.unlink()
    for log in layout.logs.glob("*.log*"):
        if not log.name.startswith("setup-"):
            log.unlink()
