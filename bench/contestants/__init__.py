"""Processes that hold the data and do what is asked, each in its own language; and how to ask them."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.experiments import ENVIRONMENT, KEPT, ROOT, Experiment

ANSWER = "answer: "
SCRIPTS = ROOT / "bench" / "contestants"


class Failed(Exception):
    """A contestant could not do what was asked."""


@dataclass(frozen=True)
class Answer:
    """How long it took, and how much memory it wanted on top of what it held."""

    seconds: float
    peak_mb: float


class Contestant:
    """A process with the data loaded."""

    def __init__(self, name: str, command: Sequence[str], experiment: Experiment) -> None:
        self._log, self._name = KEPT / "contestants.log", f"{name} on {experiment.size}"
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*command, str(experiment.folder)],
                cwd=ROOT,
                env=ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._about: dict[str, Any] | None = None

    @property
    def versions(self) -> dict[str, str]:
        """What it is made of."""
        return dict(self._ready()["versions"])

    def ask(
        self, action: str, *, threads: int = 1, times: int = 1, save: Path | None = None, **arguments: Any
    ) -> Answer:
        """Do it `times` times in a row; the time is that of one."""
        self._ready()
        request = {"action": action, "threads": threads, "times": times, "arguments": arguments}
        request["save"] = str(save) if save else None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = Answer(**self._read())
        print(f"    {self._name}: {action}, {answer.seconds:.4g} s", file=sys.stderr, flush=True)
        return answer

    def _ready(self) -> dict[str, Any]:
        if self._about is None:
            self._about = self._read()
        return self._about

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(ANSWER):
                fields = dict(json.loads(line.removeprefix(ANSWER)))
                if "error" in fields:
                    raise Failed(str(fields["error"]))
                return fields
        raise Failed(f"{self._name} ended; its last words are in {self._log}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def ours(experiment: Experiment) -> Contestant:
    """Tandem's R functions."""
    return Contestant("ours", ["Rscript", str(SCRIPTS / "ours.R")], experiment)


def seurat(experiment: Experiment) -> Contestant:
    """Seurat."""
    return Contestant("Seurat", ["Rscript", str(SCRIPTS / "seurat.R")], experiment)


def presto_method(experiment: Experiment) -> Contestant:
    """The method of presto, in one thread."""
    return Contestant("presto", ["Rscript", str(SCRIPTS / "presto_method.R")], experiment)


def illico_scanpy(experiment: Experiment) -> Contestant:
    """illico and scanpy, in their own environment."""
    python = ROOT / ".tandem" / "bench-venv" / "bin" / "python"
    return Contestant("Python", [str(python), "-m", "bench.contestants.illico_scanpy"], experiment)


#: One turn of a contestant.
Turn = Callable[[], Answer]


def turn(contestant: Contestant, action: str, **arguments: Any) -> Turn:
    """What a contestant does when it is its turn."""
    return partial(contestant.ask, action, **arguments)


def interleave(turns: Sequence[Turn], rounds: Sequence[int]) -> list[list[Answer]]:
    """Let them take turns, so that whatever else the machine does falls on all; `rounds` says how many each has."""
    found: list[list[Answer]] = [[] for _ in turns]
    for number in range(max(rounds)):
        for take, most, answers in zip(turns, rounds, found, strict=True):
            if number < most:
                answers.append(take())
    return found
