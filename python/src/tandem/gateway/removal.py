"""An experiment is taken away: at once for everybody who looks, then from the disk."""

import shutil
from pathlib import Path
from uuid import uuid4

from tandem.experiments.folder import PRODUCTS
from tandem.experiments.source import CELL_SETS_FILE, DATASET_FILE

#: What we keep beside the products while they change.
OURS = (*PRODUCTS, f".{CELL_SETS_FILE}.lock", f".{CELL_SETS_FILE}.new")
#: How folders are called whose removal has begun.
ASIDE = ".removing-"


def remove_experiment(data: Path, experiment: str) -> None:
    """Remove what an import makes; the folder goes with it if it holds nothing else. A link goes, and what it leads to
    stays."""
    folder = data / experiment
    if folder.is_symlink():
        folder.unlink()
        return
    aside = data / f"{ASIDE}{experiment}-{uuid4().hex}"
    if all(path.name in OURS for path in folder.iterdir()):
        folder.rename(aside)
    else:
        aside.mkdir()
        # Without its dataset it is no experiment any more.
        for name in sorted(OURS, key=lambda name: name != DATASET_FILE):
            if (folder / name).exists() or (folder / name).is_symlink():
                (folder / name).rename(aside / name)
    shutil.rmtree(aside, ignore_errors=True)


def sweep_removed(data: Path) -> None:
    """Finish removals that were broken off."""
    for folder in data.glob(f"{ASIDE}*"):
        shutil.rmtree(folder, ignore_errors=True)
