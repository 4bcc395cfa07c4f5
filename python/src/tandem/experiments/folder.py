"""The folder of an experiment: how it may be called, and what makes it one."""

import os
import re
from pathlib import Path

from tandem.experiments.source import CELL_SETS_FILE, DATASET_FILE

#: An experiment's name is a folder's, a program's and a part of addresses.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
#: Folders of the data folder that are something else.
RESERVED = ("debug", "programs")
#: What makes a folder an experiment.
FILES = (DATASET_FILE, CELL_SETS_FILE)
#: What an import writes; everything else in an experiment's folder is its owner's.
PRODUCTS = (*FILES, "store", "report.html", "import.json")


def fault_in_name(name: str) -> str | None:
    """Why an experiment cannot be called so, or None where it can."""
    if not NAME.fullmatch(name):
        return "a name has letters, digits, '.', '_' and '-', 100 at most, and begins with neither '.' nor '-'"
    return f"'{name}' is kept for something else" if name in RESERVED else None


def missing_from(folder: Path) -> list[str]:
    """Which of an experiment's files are not there."""
    return [name for name in FILES if not os.path.isfile(folder / name)]  # which says no of what may not be seen


def available(data: Path) -> list[str]:
    """The usable experiments."""
    folders = sorted(data.iterdir()) if data.is_dir() else []
    return [folder.name for folder in folders if not fault_in_name(folder.name) and not missing_from(folder)]
