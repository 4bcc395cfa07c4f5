"""The experiments at hand: what is known of each, how it stands, and its queue."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from tandem.errors import ExperimentMissing
from tandem.experiments.folder import available, fault_in_name, missing_from
from tandem.gateway.caretaker import Caretaker
from tandem.gateway.facts import Facts, Files
from tandem.gateway.imports import IMPORT
from tandem.gateway.standing import ASLEEP, Standing
from tandem.queues import open_queue
from tandem.queues.base import Queue
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
    """The experiments of the data folder, and where that is elsewhere those that the record knows. Without a caretaker
    nobody opens them."""

    def __init__(self, settings: Settings, record: Record, caretaker: Caretaker | None = None) -> None:
        self._settings, self._record, self._caretaker = settings, record, caretaker
        self._files = Files()
        self.data = settings.data
        self.queue = cache(self._open_queue)

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
        if self._caretaker is None:
            return ASLEEP
        self._caretaker.ask(experiment)
        return self._caretaker.standing(experiment)

    def standing(self, experiment: str) -> Standing:
        """How an experiment stands now."""
        if experiment in self._imports():
            return Standing("importing")
        return self._caretaker.standing(experiment) if self._caretaker else ASLEEP

    def ids(self, search: str = "") -> list[str]:
        """The ids of all experiments, those being imported among them, whose id or name has the text."""
        imports = self._imports()
        last_used = {} if self._settings.store_is_embedded else self._record.last_used()
        ids = {*self.names(), *imports, *(name for name in last_used if not fault_in_name(name))}
        wanted = search.strip().casefold()
        return sorted(id for id in ids if wanted in id.casefold() or wanted in self._name(id, imports).casefold())  # noqa: A001

    def card(self, experiment: str) -> Card:
        """One experiment. ExperimentMissing if there is none, and none being made."""
        return self.cards([experiment])[0]

    def cards(self, experiments: list[str]) -> list[Card]:
        """Several experiments."""
        imports = self._imports()
        last_used = self._caretaker.last_used() if self._caretaker else self._record.last_used()
        return [self._card(experiment, imports.get(experiment), last_used) for experiment in experiments]

    def settings_of(self, experiment: str) -> Settings:
        """The settings that lead to the queue of an experiment."""
        url = self._settings.queue_url
        if url is not None and url.startswith("sqlite:"):
            url = f"{url.partition('#')[0]}#{experiment}"
        return self._settings.model_copy(update={"experiment_id": experiment, "queue_url": url})

    def _card(self, experiment: str, importing: Run | None, last_used: Mapping[str, datetime]) -> Card:
        known_elsewhere = experiment in last_used and not self._settings.store_is_embedded
        if importing is None and not known_elsewhere:
            self.folder(experiment)  # which says what is missing
        folder = self.data / experiment
        standing = self._caretaker.standing(experiment) if self._caretaker else ASLEEP
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

    def _open_queue(self, experiment: str) -> Queue:
        return open_queue(self.settings_of(experiment))
