"""An experiment on its way out: R hands it over, a writer gives it its form, and only what is whole gets its name."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tandem.durable import DISK_FULL, sync
from tandem.errors import ExportFailed, ParcelDamaged
from tandem.exchange import r_process
from tandem.exchange.gzipped import fault_in_gzip
from tandem.exchange.parcel import Parcel
from tandem.exchange.request import ExportRequest, Form, Places
from tandem.exchange.swapping import swap
from tandem.exchange.writers import tenx
from tandem.exchange.writers.cellxgene import is_layout, write_cellxgene
from tandem.exchange.writers.h5ad import Progress, write_h5ad

#: A disk with less than this left is full, in bytes.
FULL_DISK_BYTES = 1 << 20

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


def export(request: ExportRequest, places: Places, listener: Listener) -> None:
    """Write an experiment in a form. ExportFailed, and nothing is written, where that cannot be done."""
    target = request.target.absolute()
    try:
        _check_target(target, request.form, request.force)
        with _stage(target.parent) as stage:
            try:
                _put_in_place(_made(request, places, stage, listener), target)
            except (OSError, ParcelDamaged, _Refused):
                if shutil.disk_usage(stage).free < FULL_DISK_BYTES:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(stage.parent)) from None
                raise
    except OSError as error:
        reason = f"there is no room left in {target.parent}" if error.errno in DISK_FULL else _in_words(error)
        raise ExportFailed(experiment=request.id, reason=reason) from None
    except (ParcelDamaged, _Refused) as error:
        raise ExportFailed(experiment=request.id, reason=str(error).rstrip(".")) from None


def _made(request: ExportRequest, places: Places, stage: Path, listener: Listener) -> Path:
    """What was asked for, in the stage."""
    made, parcel = stage / "made", stage / "parcel"
    if request.form == "rds":
        _run_r(request, places, "export_rds", made, listener)
        listener("reading it again", None)
        if (fault := fault_in_gzip(made)) is not None:
            raise _Refused(f"the file that R wrote is cut short ({fault})")
    else:
        _run_r(request, places, "export_parcel", parcel, listener)
        _write(Parcel(parcel), request.form, made, request.target.name, listener)
    return made


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


def _run_r(request: ExportRequest, places: Places, program: str, made: Path, listener: Listener) -> None:
    """Let R write what it is asked for, and pass on what it tells."""
    arguments = [places.data.absolute() / request.id, made]
    log = places.logs / f"export-{request.id}.log"
    try:
        for event in r_process.run(program, arguments, r_library=places.r_library, log=log, scratch=made.parent):
            listener(str(event.get("label", "")), None)
    except r_process.RFailed as failure:
        raise _Refused(str(failure)) from None


def _write(parcel: Parcel, form: Form, made: Path, name: str, listener: Listener) -> None:
    if form == "10x" and "counts" not in parcel.layers:
        raise _Refused("it has no counts, and this form holds nothing else")
    if form == "cellxgene" and not any(map(is_layout, parcel.contents.reductions)):
        raise _Refused("it has no layout stored, such as a UMAP, and CELLxGENE opens nothing without one")
    WRITERS[form](parcel, made, lambda done: listener(f"writing {name}", done))


def _put_in_place(made: Path, target: Path) -> None:
    """Sync what was made and give it its name; a folder that is in its place then goes with the stage."""
    sync(*(made.iterdir() if made.is_dir() else [made]))
    if target.is_dir() and not target.is_symlink():
        swap(made, target)
    else:
        made.rename(target)
    sync(target.absolute().parent)
