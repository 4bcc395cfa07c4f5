"""The experiments of the data folder: checked before anything starts, and the demo built when it is wanted."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tandem.errors import ExperimentMissing
from tandem.exchange.options import ImportOptions
from tandem.exchange.progress import Listener
from tandem.exchange.request import ImportRequest, Places
from tandem.experiments.folder import FILES, available, fault_in_name, missing_from
from tandem.local.layout import Layout

#: The one that is built from counts that come with Tandem.
DEMO = "demo"
DEMO_COUNTS = "matrix.mtx.gz"


def parse(names: str) -> list[str]:
    """The experiments of a list like `a,b`, each once."""
    return list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


def check(layout: Layout, experiments: Sequence[str]) -> None:
    """ExperimentMissing, with what there is, for the first that cannot be run. A demo yet to be built is no fault."""
    for experiment in experiments or [""]:
        reason = _fault(layout, experiment)
        if reason:
            raise _missing(layout, experiment, reason)


def check_built(layout: Layout, experiment: str) -> None:
    """ExperimentMissing where its files cannot be read yet."""
    check(layout, [experiment])
    if can_build(layout, experiment):
        raise _missing(layout, experiment, "it has not been built yet")


def _missing(layout: Layout, experiment: str, reason: str) -> ExperimentMissing:
    found = ", ".join(available(layout.data)) or "no experiment yet"
    return ExperimentMissing(experiment=experiment, reason=reason, folder=layout.data, found=found)


def _fault(layout: Layout, experiment: str) -> str | None:
    folder = layout.data / experiment
    fault = fault_in_name(experiment)
    if fault:
        return fault
    if can_build(layout, experiment):
        return None
    if not folder.is_dir():
        return "there is no such folder"
    missing = missing_from(folder)
    if missing == ["cell_sets.json"]:
        call = f"""R_LIBS={layout.r_library} Rscript -e 'tandem::write_cell_sets("{folder}")'"""
        return f"cell_sets.json is not in its folder; write it from r.rds with {call}"
    return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not in its folder" if missing else None


def can_build(layout: Layout, experiment: str) -> bool:
    """Whether this is the demo, with its counts but not built yet."""
    folder = layout.data / experiment
    return experiment == DEMO and bool(missing_from(folder)) and (folder / DEMO_COUNTS).is_file()


def demo_request(layout: Layout) -> ImportRequest:
    """How the demo is made of its counts, as any data set is."""
    return ImportRequest(id=DEMO, name="Demo", paths=(layout.data / DEMO,), options=ImportOptions(max_mito=None))


def build_demo(layout: Layout, listener: Listener) -> None:
    """Turn the demo's counts into an experiment."""
    from tandem.exchange.importer import import_experiment  # what reads the formats takes long to load

    import_experiment(demo_request(layout), exchange_places(layout), listener)


def exchange_places(layout: Layout) -> Places:
    """Where imports and exports read and write."""
    return Places(layout.data, layout.r_library, layout.logs)


def versions(layout: Layout, experiment: str) -> list[str]:
    """When the object, the cell sets and the R package were last changed: results of older ones have other names.
    Nothing where the files are not at hand."""
    files = [*(layout.data / experiment / name for name in FILES), layout.r_library / "tandem" / "DESCRIPTION"]
    if not all(file.is_file() for file in files):
        return []
    changed = (datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files)
    return [time.isoformat(timespec="microseconds") for time in changed]
