"""The experiments at hand: what is known of each, how it stands, and its queue."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tandem.errors import ExperimentMissing
from tandem.experiments.folder import available, fault_in_name, missing_from
from tandem.gateway.assignment.assigner import Assigner
from tandem.gateway.caretaker import Caretaker
from tandem.gateway.facts import Facts, Files
from tandem.gateway.imports import IMPORT
from tandem.gateway.neighbour import Neighbour
from tandem.gateway.queues import Queues
from tandem.gateway.standing import UNSEEN, Standing
from tandem.records.base import Record, Run, Wanted
from tandem.settings import Settings
from tandem.states import OPEN

REPORT_FILE = "report.html"


@dataclass(frozen=True)
class Card:
    """An experiment as people see it in a list. An import that makes it is named by its run."""

    id: str
    facts: Facts
    standing: Standing
    last_used: datetime | None
    has_report: bool
    size_bytes: int
    task_id: str | None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.facts.name or self.id


class Shelf:
    """The experiments of the data folder, and where that is elsewhere those that the record knows or pods serve.
    A caretaker or an assigner opens them, a neighbour knows of one that is open."""

    def __init__(
        self,
        settings: Settings,
        record: Record,
        caretaker: Caretaker | None = None,
        assigner: Assigner | None = None,
        neighbour: Neighbour | None = None,
    ) -> None:
        self._settings, self._record = settings, record
        self._caretaker, self._assigner = caretaker, assigner
        self._opener = assigner or caretaker or neighbour
        self._files = Files()
        self.data = settings.data
        # Whoever assigns workers makes their queues.
        self.queue = Queues(settings, make=assigner is not None).of

    def names(self) -> list[str]:
        """All usable experiments, by name."""
        return available(self.data)

    def folder(self, experiment: str) -> Path:
        """The folder of an experiment. ExperimentMissing if it is none."""
        fault = fault_in_name(experiment)
        folder = self.data / experiment
        if fault or missing_from(folder):
            found = ", ".join(self.names()) or "no experiment yet"
            reason = fault or "there is no such experiment"
            raise ExperimentMissing(experiment=experiment[:100], reason=reason, folder=self.data, found=found)
        return folder

    def want(self, experiment: str) -> Standing:
        """Something is asked of an experiment: where somebody opens experiments, it shall be open."""
        if self._opener is not None:
            self._opener.ask(experiment)
        return self._stands(experiment)

    def standing(self, experiment: str) -> Standing:
        """How an experiment stands now."""
        if experiment in self._imports():
            return Standing("importing")
        return self._stands(experiment)

    def ids(self, search: str = "") -> list[str]:
        """The ids of all experiments, those being imported among them, whose id or name has the text."""
        imports = self._imports()
        last_used = {} if self._settings.store_is_embedded else self._record.last_used()
        ids = {*self.names(), *imports, *self._served(), *(name for name in last_used if not fault_in_name(name))}
        wanted = search.strip().casefold()
        return sorted(id for id in ids if wanted in id.casefold() or wanted in self._name(id, imports).casefold())  # noqa: A001

    def card(self, experiment: str) -> Card:
        """One experiment. ExperimentMissing if there is none, and none being made."""
        return self._card(experiment, self._imports().get(experiment), self._last_used())

    def cards(self, experiments: list[str]) -> list[Card]:
        """Several experiments, without those that are gone meanwhile."""
        imports, last_used = self._imports(), self._last_used()
        found = []
        for experiment in experiments:
            with suppress(ExperimentMissing):
                found.append(self._card(experiment, imports.get(experiment), last_used))
        return found

    def _last_used(self) -> Mapping[str, datetime]:
        return self._caretaker.last_used() if self._caretaker else self._record.last_used()

    def _stands(self, experiment: str) -> Standing:
        return self._opener.standing(experiment) if self._opener else UNSEEN

    def _served(self) -> set[str]:
        """Those that have pods."""
        return set(self._assigner.experiments()) if self._assigner else set()

    def _card(self, experiment: str, importing: Run | None, last_used: Mapping[str, datetime]) -> Card:
        known_elsewhere = experiment in last_used and not self._settings.store_is_embedded
        if importing is None and not known_elsewhere and experiment not in self._served():
            self.folder(experiment)  # which says what is missing
        folder = self.data / experiment
        standing = self._stands(experiment)
        return Card(
            id=experiment,
            facts=self._facts(experiment, importing),
            standing=Standing("importing", standing.detail) if importing else standing,
            last_used=last_used.get(experiment),
            has_report=(folder / REPORT_FILE).is_file(),
            size_bytes=self._files.size(folder),
            task_id=importing.run_id if importing else None,
        )

    def _facts(self, experiment: str, importing: Run | None = None) -> Facts:
        """What the files tell, and where no import wrote it down R that holds the experiment."""
        if missing_from(self.data / experiment):
            return Facts(name=importing.tags.get("name") if importing else None)
        facts = self._files.facts(self.data / experiment)
        cells, genes = self._caretaker.size(experiment) if self._caretaker else (None, None)
        told_by_import = facts.genes is not None
        return facts if cells is None or told_by_import else replace(facts, cells=cells, genes=genes)

    def _name(self, experiment: str, imports: Mapping[str, Run]) -> str:
        return self._facts(experiment, imports.get(experiment)).name or experiment

    def _imports(self) -> dict[str, Run]:
        """The imports that wait or run, by the experiment that they make."""
        runs = self._record.find(Wanted(task=IMPORT, states=OPEN), limit=1000)
        return {run.experiment: run for run in runs}
