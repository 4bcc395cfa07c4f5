"""`python -m tandem.exchange <job file>`: one import in a process of its own, whose steps are lines of JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tandem.ending import INTERRUPTED
from tandem.errors import TandemError
from tandem.exchange.importer import import_experiment
from tandem.exchange.request import ImportRequest, Places
from tandem.interruption import end_like_ctrl_c


class Job(BaseModel):
    """An import, and where it is done."""

    model_config = ConfigDict(frozen=True)

    request: ImportRequest
    places: Places


def main(job_file: Path) -> int:
    """Carry out the import; the last line of one that failed is its `error`, a sentence."""
    end_like_ctrl_c()
    job = Job.model_validate_json(job_file.read_bytes())
    try:
        import_experiment(job.request, job.places, lambda step: _tell({"step": asdict(step)}))
    except KeyboardInterrupt:
        return INTERRUPTED
    except TandemError as error:
        _tell({"error": _without_places(str(error), job_file.parent)})
        return error.exit_code
    return 0


def _without_places(sentence: str, folder: Path) -> str:
    """Whoever sent the files knows their names, not where they lie here."""
    for kept in (folder / "files", folder / "samples"):
        sentence = sentence.replace(f"{kept}/", "").replace(str(kept), "What was sent")
    return sentence


def _tell(told: object) -> None:
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
