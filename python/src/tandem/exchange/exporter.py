"""An experiment on its way out: R hands it over, a writer gives it its form, and only what is whole gets its name."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gzip import BadGzipFile
from pathlib import Path
from typing import cast

from isal import igzip, igzip_lib

from tandem.durable import sync, sync_folder
from tandem.errors import ExportFailed, ParcelDamaged, SetupIncomplete
from tandem.exchange.options import Form
from tandem.exchange.parcel import Parcel
from tandem.exchange.writers import tenx
from tandem.exchange.writers.cellxgene import is_layout, write_cellxgene
from tandem.exchange.writers.h5ad import Progress, write_h5ad

#: A disk with less than this left is full, in bytes.
FULL_DISK_BYTES = 1 << 20
#: What reading a gzip file that is not whole ends with.
BROKEN = (BadGzipFile, EOFError, cast("type[Exception]", igzip_lib.IsalError))
#: How the last line of a failing R begins.
STOPPED = "stopped: "
#: Calls a function of our package with paths, and says in one line why it failed.
R_CALL = f"""
    words <- commandArgs(TRUE)
    tryCatch(getExportedValue("tandem", words[1])(words[2], words[3]), error = function(e) {{
        cat("{STOPPED}", gsub("\\\\s+", " ", conditionMessage(e)), "\\n", sep = "")
        quit(status = 1L)
    }})
"""

WRITERS: dict[Form, Callable[[Parcel, Path, Progress], None]] = {
    "h5ad": write_h5ad,
    "10x": tenx.write_tenx,
    "cellxgene": write_cellxgene,
}
NAMES: dict[Form, str] = {"h5ad": "{}.h5ad", "rds": "{}.rds", "10x": "{}-10x", "cellxgene": "{}-cellxgene.h5ad"}

#: Told what is being done, and how much of it is done (0 to 1) where that is known.
Listener = Callable[[str, float | None], None]


def default_target(experiment: str, form: Form) -> Path:
    """Where an export goes when nobody says: into the folder one is in."""
    return Path(NAMES[form].format(experiment))


def export(
    experiment_folder: Path,
    experiment: str,
    form: Form,
    target: Path,
    r_library: Path,
    listener: Listener,
    *,
    force: bool = False,
) -> None:
    """Write an experiment in a form. ExportFailed, and nothing is written, where that cannot be done."""
    try:
        _check_target(target, form, force)
        with _stage(target.absolute().parent) as stage:
            made = stage / "made"
            try:
                if form == "rds":
                    _run_r(r_library, listener, "export_rds", experiment_folder, made)
                    _read_to_end(made, listener)
                else:
                    _run_r(r_library, listener, "export_parcel", experiment_folder, stage / "parcel")
                    _write(Parcel(stage / "parcel"), form, made, target.name, listener)
                _put_in_place(made, target)
            except (OSError, ParcelDamaged, _Refused):
                if shutil.disk_usage(stage).free < FULL_DISK_BYTES:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(stage.parent)) from None
                raise
    except OSError as error:
        where = target.absolute().parent
        reason = f"there is no room left in {where}" if error.errno == errno.ENOSPC else _in_words(error)
        raise ExportFailed(experiment=experiment, reason=reason) from None
    except (ParcelDamaged, _Refused) as error:
        raise ExportFailed(experiment=experiment, reason=str(error).rstrip(".")) from None


class _Refused(Exception):
    """Why there is no export, in words."""


def _in_words(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)


def _check_target(target: Path, form: Form, force: bool) -> None:
    if not target.absolute().parent.is_dir():
        raise _Refused(f"there is no folder {target.absolute().parent}")
    if not os.path.lexists(target):
        return
    if not force:
        raise _Refused(f"{target} is there already (--force replaces it, -o names another place)")
    is_folder = target.is_dir() and not target.is_symlink()
    if is_folder and (form != "10x" or {path.name for path in target.iterdir()} - set(tenx.FILES)):
        raise _Refused(f"{target} is a folder with other things in it, which --force does not replace")
    if form == "10x" and not is_folder:
        raise _Refused(f"{target} is a file, and this form is a folder")


@contextmanager
def _stage(parent: Path) -> Iterator[Path]:
    """A folder beside the target, so that what is made in it needs only another name."""
    stage = Path(tempfile.mkdtemp(prefix=".tandem-export-", dir=parent))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _run_r(r_library: Path, listener: Listener, function: str, *paths: Path) -> None:
    """Call a function of the R package in a process of its own, and pass on what it says."""
    if not (r_library / "tandem").is_dir():
        raise SetupIncomplete(missing="the R package")
    process = subprocess.Popen(
        ["Rscript", "-e", R_CALL, function, *(path.absolute() for path in paths)],
        env=os.environ | {"R_LIBS": str(r_library)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    last: deque[str] = deque(maxlen=1)
    with process:
        try:
            for line in process.stdout or ():
                last.append(line.strip())
                if not line.startswith(STOPPED):
                    listener(line.strip(), None)
        except BaseException:
            process.kill()
            raise
    if process.returncode < 0:
        raise _Refused(f"R was stopped by signal {-process.returncode}, which often means that memory ran out")
    if process.returncode != 0:
        raise _Refused("".join(last).removeprefix(STOPPED) or f"R ended with status {process.returncode}")


def _write(parcel: Parcel, form: Form, made: Path, name: str, listener: Listener) -> None:
    if form == "10x" and "counts" not in parcel.layers:
        raise _Refused("it has no counts, and this form holds nothing else")
    if form == "cellxgene" and not any(map(is_layout, parcel.contents.reductions)):
        raise _Refused("it has no layout stored, such as a UMAP, and CELLxGENE opens nothing without one")
    WRITERS[form](parcel, made, lambda done: listener(f"writing {name}", done))


def _read_to_end(path: Path, listener: Listener) -> None:
    """R does not notice when the disk has no room for the last bytes of a compressed file."""
    listener("reading it again", None)
    try:
        with igzip.IGzipFile(path) as file:  # type: ignore[no-untyped-call]
            while file.read(1 << 20):
                pass
    except BROKEN as error:
        raise _Refused(f"the file that R wrote is cut short ({error})") from None


def _put_in_place(made: Path, target: Path) -> None:
    """Sync what was made and give it its name; a folder that is in its place goes with the stage."""
    for path in made.iterdir() if made.is_dir() else [made]:
        with path.open("rb") as file:
            sync(file)
    if target.is_dir() and not target.is_symlink():
        target.rename(made.parent / "replaced")
    made.rename(target)
    sync_folder(target.absolute().parent)
