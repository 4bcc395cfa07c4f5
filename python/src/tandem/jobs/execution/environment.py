"""All that a program has for an environment; nothing of ours is in it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.limits import Limits
from tandem.jobs.execution.tree import MARK

#: Where programs are looked for: beside our Python first, so that `python3` has the packages that we have.
PROGRAMS = f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin"
#: By these the libraries of numbers are told how many threads to start.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
#: Where the folders of a run lie in a container.
INSIDE = Path("/io")


@dataclass(frozen=True)
class Places:
    """Where a program finds its folders."""

    root: Path
    input: Path
    output: Path
    config_folder: Path
    assets: Path
    logs: Path
    home: Path


def places(folder: RunFolder, image: str | None = None) -> Places:
    """The folders of a run as its program sees them: where they are, and in a container always at the same place."""
    return places_in(INSIDE if image else folder.root)


def places_in(top: Path) -> Places:
    """The folders of a run that is laid out there."""
    return Places(top, top / "inputs", top / "results", top / "configs", top / "assets", top / "logs", top / "home")


def environment(
    job_id: str, attempt: int, where: Places, limits: Limits, gpus: tuple[int, ...], more: Mapping[str, str]
) -> dict[str, str]:
    """The variables of a run, with those that its program declares."""
    return {
        "PATH": PROGRAMS,
        "LANG": "C.UTF-8",
        "HOME": str(where.home),
        "TMPDIR": str(where.home / "tmp"),
        "PYTHONUNBUFFERED": "1",
        **{name: str(limits.threads) for name in THREADS},
        **more,
        MARK: job_id,
        "TANDEM_ATTEMPT": str(attempt),
        "TANDEM_INPUT": str(where.input),
        "TANDEM_OUTPUT": str(where.output),
        "TANDEM_CONFIG": str(where.config_folder),
        "TANDEM_ASSETS": str(where.assets),
        "TANDEM_LOGS": str(where.logs),
        "TANDEM_PROGRESS": str(where.home / "progress"),
        "CUDA_VISIBLE_DEVICES": ",".join(map(str, gpus)),
    }
