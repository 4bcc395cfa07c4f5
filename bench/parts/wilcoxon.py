"""Wilcoxon tests of all genes: two groups, and each cluster against the rest, against illico, scanpy and Seurat."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.agreement import agreement
from bench.contestants import Answer, Contestant, illico_scanpy, interleave, ours, seurat, turn
from bench.experiments import Experiments
from bench.parts.found import ROUNDS, Found
from bench.rows import Row, peak, seconds

GENES = 20_000
#: What is compared between two answers, and whether its difference is relative.
TESTED = {"p_val": True, "auc": False}
SCIPY_GENES = 200


@dataclass(frozen=True)
class Test:
    """One of the two kinds of comparison."""

    action: str
    what: str
    keys: tuple[str, ...]
    #: The most that ours may take, as a share of illico's time and of Seurat's.
    of_illico: float
    of_seurat: float | None
    #: Seurat does so many genes, then so many: its time for all of them lies on the line through both.
    few: int
    many: int
    rounds_of_seurat: int


TESTS = (
    Test("two_groups", "two groups of {pair:,} cells", ("gene",), 0.35, 1 / 500, 200, 1000, ROUNDS),
    Test("each_cluster", "12 clusters against the rest", ("gene", "cluster"), 0.18, None, 20, 100, 3),
)


def measure(experiments: Experiments) -> Found:
    """Each test with one thread and with two."""
    experiment = experiments.base
    found = Found()
    with ours(experiment) as us, illico_scanpy(experiment) as python, seurat(experiment) as r:
        found.versions = us.versions | python.versions | r.versions
        found.remarks.append(
            "presto is in neither Debian nor PyPI, so it is not measured; Seurat 5 would use it where it is installed."
        )
        for test in TESTS:
            what = test.what.format(pair=len(experiment.cells_of("0")))
            found += _compare(test, f"{what} of {experiment.size}, {GENES:,} genes", us, python, r)
    return found


def _compare(test: Test, what: str, us: Contestant, python: Contestant, r: Contestant) -> Found:
    found = Found(remarks=_agreements(test, what, us, python, r))
    for threads in (1, 2):
        turns = [turn(us, test.action, threads=threads), turn(python, f"illico_{test.action}", threads=threads)]
        mine, theirs = interleave(turns, [ROUNDS, ROUNDS])
        title = f"{what}, {threads} thread{'s'[: threads - 1]}"
        note = f"peak memory on top of the data: {peak(mine)}, illico {peak(theirs)}"
        found.rows.append(Row(title, "s", seconds(mine), "illico", seconds(theirs), test.of_illico, note))

    scanpy, seurat_few, seurat_many, mine = interleave(
        [
            turn(python, f"scanpy_{test.action}"),
            turn(r, test.action, genes=test.few),
            turn(r, test.action, genes=test.many),
            turn(us, test.action),
        ],
        [1, test.rounds_of_seurat, test.rounds_of_seurat, ROUNDS],
    )
    title = f"{what}, 1 thread"
    whole = [_extended(few, many, test) for few, many in zip(seurat_few, seurat_many, strict=True)]
    note = (
        f"no pre-filter; {test.few} and {test.many} genes measured {test.rounds_of_seurat} times each and extended "
        f"along the line to {GENES:,}"
    )
    found.rows.append(Row(title, "s", seconds(mine), "Seurat", whole, test.of_seurat, note))
    note = f"measured once; its peak memory on top of the data: {peak(scanpy)}"
    found.rows.append(Row(title, "s", seconds(mine), "scanpy", seconds(scanpy), None, note))
    return found


def _extended(few: Answer, many: Answer, test: Test) -> float:
    """The time for all genes, from those for a few and for more of them."""
    a_gene = (many.seconds - few.seconds) / (test.many - test.few)
    return many.seconds + (GENES - test.many) * a_gene


def _agreements(test: Test, what: str, us: Contestant, python: Contestant, r: Contestant) -> list[str]:
    """Let each answer once, which also warms them up, and compare the answers."""
    with TemporaryDirectory() as folder:
        mine, theirs = Path(folder) / "ours.csv", Path(folder) / "theirs.csv"
        us.ask(test.action, save=mine)
        python.ask(f"illico_{test.action}", save=theirs)
        found = [f"{what}: ours and illico agree: {agreement(mine, theirs, test.keys, TESTED)}."]
        python.ask("prepare_scanpy")
        r.ask(test.action, genes=test.few, save=theirs)
        found.append(f"{what}: ours and Seurat agree: {agreement(mine, theirs, test.keys, {'p_val': True})}.")
        if test.action == "two_groups":
            python.ask("scipy_two_groups", genes=SCIPY_GENES, save=theirs)
            found.append(f"{what}: ours and scipy agree: {agreement(mine, theirs, test.keys, TESTED)}.")
    return found
