"""Who carries out changes of cell sets. One suite (tests/integration/test_cell_set_editors.py) holds both to this."""

from pathlib import Path
from typing import Protocol

from tandem.experiments.api_editor import ApiEditor
from tandem.experiments.changes import Change
from tandem.experiments.local_editor import LocalEditor
from tandem.experiments.source import ExperimentSource
from tandem.settings import Settings


class CellSetEditor(Protocol):
    """Changes the cell sets of an experiment. A change made twice is the same as one made once."""

    def make(self, change: Change, *, experiment: str, authorization: str | None, seconds: float) -> None:
        """Make a change, on behalf of whoever the authorization stands for, who waits so many seconds.
        CellSetsUnavailable if another try may help, CellSetsNotChanged if it would not."""


def through_api(settings: Settings) -> bool:
    """Whether cell sets are changed through an API, which wants to know on whose behalf."""
    return bool(settings.api_url) or not settings.store_is_embedded


def open_editor(settings: Settings, folder: Path, source: ExperimentSource) -> CellSetEditor:
    """The experiment API's editor, or the file's where everything is embedded and no API is named."""
    return ApiEditor(settings.cell_sets_api, source) if through_api(settings) else LocalEditor(folder)
