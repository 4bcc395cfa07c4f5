"""What plots ask for, in R: dot plots, expression with statistics, sums by sample. Seurat is the peer."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.agreement import agreement
from bench.contestants import Contestant, interleave, ours, seurat, turn
from bench.experiments import Experiment, Experiments
from bench.parts.found import ROUNDS, Found
from bench.rows import Row, milliseconds

THREADS = (1, 2)


@dataclass(frozen=True)
class View:
    """One view: its name on both sides, and what of the answers is compared."""

    action: str
    what: str
    peer: str
    at_most: float
    #: How often ours is done in a row, to be measurable.
    times: int
    #: Of so many genes, or None where it is of all.
    genes: int | None
    keys: tuple[str, ...]
    compared: tuple[str, ...]

    def arguments(self, experiment: Experiment) -> dict[str, Any]:
        return {"genes": experiment.genes(self.genes)} if self.genes else {}


VIEWS = (
    View(
        action="dot_plot",
        what="dot plot of 20 genes x 12 clusters",
        peer="DotPlot",
        at_most=1 / 200,
        times=20,
        genes=20,
        keys=("gene", "cluster"),
        compared=("mean", "share"),
    ),
    View(
        action="gene_statistics",
        what="10 genes with statistics",
        peer="FetchData, mean, sd, quantile",
        at_most=1 / 100,
        times=20,
        genes=10,
        keys=("gene",),
        compared=("mean", "sd"),
    ),
    View(
        action="pseudobulk",
        what="sums of all genes in 8 samples",
        peer="AggregateExpression",
        at_most=1 / 30,
        times=3,
        genes=None,
        keys=("gene",),
        compared=tuple(f"sample.{number}" for number in range(1, 9)),
    ),
)


def measure(experiments: Experiments) -> Found:
    """Each view on one thread and on two; Seurat has one."""
    experiment = experiments.base
    found = Found()
    with ours(experiment) as us, seurat(experiment) as them:
        found.versions = us.versions | them.versions
        for view in VIEWS:
            arguments = view.arguments(experiment)
            what = f"{view.what}, {experiment.size} cells, in R"
            found.remarks.append(f"{what}: ours and Seurat agree: {_agreement(view, arguments, us, them)}.")
            *mine, theirs = interleave(
                [
                    *(turn(us, view.action, times=view.times, threads=threads, **arguments) for threads in THREADS),
                    turn(them, view.action, **arguments),
                ],
                [ROUNDS] * (len(THREADS) + 1),
            )
            for threads, answers in zip(THREADS, mine, strict=True):
                title = f"{what}, {threads} thread{'s'[: threads - 1]}"
                peer = f"Seurat: {view.peer}"
                found.rows.append(Row(title, "ms", milliseconds(answers), peer, milliseconds(theirs), view.at_most))
    return found


def _agreement(view: View, arguments: dict[str, Any], us: Contestant, them: Contestant) -> str:
    with TemporaryDirectory() as folder:
        mine, theirs = Path(folder) / "ours.csv", Path(folder) / "theirs.csv"
        us.ask(view.action, save=mine, **arguments)
        them.ask(view.action, save=theirs, **arguments)
        return agreement(mine, theirs, view.keys, dict.fromkeys(view.compared, True))
