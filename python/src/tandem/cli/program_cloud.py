"""`tandem program test --cloud`: the same run, begun by a file that is dropped into a bucket."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from tandem.cli.display import console, errors
from tandem.cli.trial_display import LiveLog, at_signals, show_files
from tandem.states import State

if TYPE_CHECKING:
    from tandem.jobs.cloud.places import Answer, Place
    from tandem.jobs.programs.library import Program
    from tandem.jobs.trial.cloud import Cloud

#: Seconds between looks into the bucket.
LOOK_S = 0.3
#: Where the time of day stands in the stamp of a line.
CLOCK = slice(11, 19)
#: What is exited with where the submission was refused, and where it was interrupted.
REFUSED, INTERRUPTED = 2, 130

Status = Mapping[str, Any]


def test_in_cloud(program: "Program", parameters: Mapping[str, Any], paths: Sequence[Path], *, keep: bool) -> int:
    """Run it so; the exit code."""
    from tandem.jobs.trial.cloud import simulated
    from tandem.jobs.trial.given import Given
    from tandem.jobs.trial.trial import scratch_folder

    try:
        with at_signals(_interrupt), scratch_folder(keep=keep) as scratch:
            given = Given.of(program, parameters, paths, scratch)
            with LiveLog(console) as live, simulated(program, scratch) as cloud:
                place, answer = cloud.drop(given, datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S"))
                console.print(Text(f"dropped s3://{place.bucket}/{place.submit}", style="dim"), soft_wrap=True)
                status = _Following(cloud, place, answer, live).end()
                files = cloud.download(scratch / "bucket")
            code = _tell(program, status)
            show_files(files)
            if keep:
                console.print(Text("folder ", style="dim"), Text(str(scratch / "bucket")), soft_wrap=True)
            return code
    except KeyboardInterrupt:
        errors.print("✗ It was interrupted; the simulated cloud is gone.", style="red")
        return INTERRUPTED


def _interrupt() -> None:
    raise KeyboardInterrupt


class _Following:
    """Looks into the bucket, as its user would."""

    def __init__(self, cloud: "Cloud", place: "Place", answer: "Answer", live: LiveLog) -> None:
        self._cloud, self._place, self._answer, self._live = cloud, place, answer, live
        self._shown = {"stdout": 0, "stderr": 0}

    def end(self) -> Status:
        """Show what is said until it has ended; how."""
        while True:
            self._cloud.check()
            if refused := self._cloud.read(self._place.error):
                return dict(json.loads(refused))
            status = json.loads(self._cloud.read(self._answer.status) or "{}")
            self._show_log()
            if status and State(status["state"]).terminal and self._is_whole(status):
                return dict(status)
            if progress := status.get("progress"):
                self._live.progress(**progress)
            time.sleep(LOOK_S)

    def _is_whole(self, status: Status) -> bool:
        return status["state"] != State.COMPLETE or self._cloud.read(self._answer.complete) is not None

    def _show_log(self) -> None:
        for stream, shown in self._shown.items():
            lines = (self._cloud.read(self._answer.log(f"{stream}.txt")) or "").splitlines()
            for line in lines[shown:]:
                stamp, _, text = line.partition(" ")
                self._live.say(stamp[CLOCK], text, is_error=stream == "stderr")
            self._shown[stream] = max(shown, len(lines))


def _tell(program: "Program", status: Status) -> int:
    console.print()
    if "error" in status:
        errors.print(Text(f"✗ The submission was refused: {status['error']}", style="red"))
        return REFUSED
    if status["state"] == State.COMPLETE:
        console.print(Text(f"✓ {program.name} is complete", style="green"))
        return 0
    errors.print(Text(f"✗ {program.name} is {status['state'].lower()}: {status['reason']}", style="red"))
    return 1
