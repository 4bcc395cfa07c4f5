"""The programs of this terminal, in its folder and in the store; and the parameters that are typed for them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tandem.cli import values
from tandem.cli.surroundings import read_settings
from tandem.local.layout import Layout
from tandem.settings import Settings

if TYPE_CHECKING:
    from tandem.jobs.programs.library import Library, Program
    from tandem.stores import Store


def open_library(*, published: bool = True) -> "Library":
    """The programs of the folder, and those published in the store where the settings name one."""
    from tandem.jobs.programs.library import Library  # JSON Schema takes long to load, and most commands do without

    settings = read_settings()
    if not published or settings.store_url is None:
        return Library(settings.programs)
    return Library.of(settings, job_store())


def job_store() -> "Store":
    """The store of jobs: the one of the environment, else that of the platform here."""
    from tandem.stores import open_store

    return open_store(_with_store(read_settings()), "jobs")


def typed(program: "Program", words: Sequence[str] | None) -> dict[str, Any]:
    """Parameters as they are typed: `n=8`."""
    from tandem.jobs.programs.parameters import from_text

    return from_text(program.file, dict(values.pairs(words or ())))


def _with_store(settings: Settings) -> Settings:
    if settings.store_url is not None or settings.queue_url is not None:
        return settings
    return settings.model_copy(update={"store_url": f"file://{Layout.of(settings).store}"})
