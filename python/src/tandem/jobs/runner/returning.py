"""What a program gives back to the experiment that it has read: classes of cell sets."""

import json
from collections.abc import Callable
from pathlib import Path

from pydantic import TypeAdapter

from tandem.errors import CellSetsNotChanged, CellSetsUnavailable, ProgramFailed
from tandem.experiments.changes import CellClass, ReplaceClass
from tandem.experiments.editor import through_api
from tandem.experiments.local_editor import LocalEditor
from tandem.jobs.spec import Spec
from tandem.settings import Settings

#: What a program says where it returns cell sets.
CELL_SETS = "cell_sets"
#: Seconds that changing them may take.
EDIT_S = 30.0
CLASSES = TypeAdapter(list[CellClass])


class Returning:
    """Puts it where the experiment's page finds it."""

    def __init__(self, settings: Settings, tell: Callable[[str], None]) -> None:
        self._settings, self._tell = settings, tell

    def give_back(self, spec: Spec, results: Path) -> None:
        """Change the cell sets, each class in the place of its older self. ProgramFailed where they are none."""
        name, experiment = spec.returns.get(CELL_SETS), spec.experiment
        if name is None or experiment is None:
            return
        if through_api(self._settings):
            raise CellSetsNotChanged(reason="a job changes the cell sets of experiments on its own machine only")
        try:
            text = (results / name).read_bytes()
            given = json.loads(text)
            # As a bare list, or as it stands in the experiment's own file.
            classes = CLASSES.validate_python(given["cellSets"] if isinstance(given, dict) else given)
        except (OSError, ValueError, KeyError) as error:
            said = str(error).splitlines()
            raise ProgramFailed(how=f"a {name} that holds no cell sets ({' '.join(said[1:3]) or said[0]})") from error
        editor = LocalEditor(self._settings.data / experiment)
        try:
            for cell_class in classes:
                change = ReplaceClass(cell_class, at="end")
                editor.make(change, experiment=experiment, authorization=None, seconds=EDIT_S)
        except CellSetsUnavailable as error:
            raise CellSetsNotChanged(reason=error.facts["reason"]) from error
        self._tell(experiment)
