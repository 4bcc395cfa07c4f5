"""The experiments of the data folder: checked before anything starts, and the demo built when it is wanted."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tandem.errors import BuildFailed, ExperimentMissing, SetupIncomplete
from tandem.local.layout import Layout
from tandem.local.log_files import tail

#: An experiment's name is a folder's, a program's and a part of addresses.
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
#: What makes a folder an experiment.
FILES = ("r.rds", "cell_sets.json")
#: The one that is built from counts that come with Tandem.
DEMO = "demo"
DEMO_COUNTS = "matrix.mtx.gz"

#: Told each line of a build as it appears.
Listener = Callable[[str], None]


def parse(names: str) -> list[str]:
    """The experiments of a list like `a,b`, each once."""
    return list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


def missing_from(folder: Path) -> list[str]:
    """Which of an experiment's files are not there."""
    return [name for name in FILES if not (folder / name).is_file()]


def available(data: Path) -> list[str]:
    """The usable experiments."""
    folders = sorted(data.iterdir()) if data.is_dir() else []
    return [folder.name for folder in folders if NAME.fullmatch(folder.name) and not missing_from(folder)]


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
    if not NAME.fullmatch(experiment):
        return "a name has letters, digits, '.', '_' and '-'"
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


def build_demo(layout: Layout, listener: Listener) -> None:
    """Turn the demo's counts into an experiment."""
    if not (layout.r_library / "tandem").is_dir():
        raise SetupIncomplete(missing="the R package")
    folder = layout.data / DEMO
    call = "a <- commandArgs(TRUE); tandem::build_experiment(a[1], a[1], a[2])"
    process = subprocess.Popen(
        ["Rscript", "-e", call, str(folder), DEMO],
        cwd=layout.home,
        env=os.environ | {"R_LIBS": str(layout.r_library)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process, layout.log("build-demo").open("w") as log:
        try:
            for line in process.stdout or ():
                log.write(line)
                listener(line.rstrip())
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0 or missing_from(folder):
        log_path = layout.log("build-demo")
        raise BuildFailed(experiment=DEMO, log=log_path, tail=tail(log_path))


def versions(layout: Layout, experiment: str) -> list[str]:
    """When the object, the cell sets and the R package were last changed: results of older ones have other names.
    Nothing where the files are not at hand."""
    files = [*(layout.data / experiment / name for name in FILES), layout.r_library / "tandem" / "DESCRIPTION"]
    if not all(file.is_file() for file in files):
        return []
    changed = (datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files)
    return [time.isoformat(timespec="microseconds") for time in changed]
