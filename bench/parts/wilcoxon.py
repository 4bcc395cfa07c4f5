"""Wilcoxon tests of all genes, two groups and each cluster against the rest: illico, presto, scanpy and Seurat."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.agreement import agreement
from bench.contestants import Answer, Contestant, illico_scanpy, interleave, ours, presto_method, seurat, turn
from bench.experiments import Experiments
from bench.parts.found import ROUNDS, Found
from bench.rows import Row, peak, seconds

GENES = 20_000
#: What is compared between two answers, and whether its difference is relative.
TESTED = {"p_val": True, "auc": False}
SCIPY_GENES = 200
PRESTO = (
    "presto is in neither Debian nor PyPI; its method is measured as written anew from its description, with the time "
    "for picking the cells and transposing the matrix, as a call has it. Seurat 5 uses presto where it is installed."
)


@dataclass(frozen=True)
class Test:
    """One of the two kinds of comparison."""

    action: str
    what: str
    keys: tuple[str, ...]
    #: The most that ours may take, as a share of each peer's time.
    of_illico: float
    of_presto: float | None
    of_seurat: float | None
    #: Seurat does so many genes, then so many: its time for all of them lies on the line through both.
    few: int
    many: int
    rounds_of_seurat: int
    #: For each cluster scanpy takes seven minutes.
    with_scanpy: bool


TESTS = (
    Test("two_groups", "two groups of {pair:,} cells", ("gene",), 0.35, 1 / 10, 1 / 500, 200, 1000, 3, True),
    Test("each_cluster", "12 clusters against the rest", ("gene", "cluster"), 0.18, None, None, 20, 100, 1, False),
)


def measure(experiments: Experiments) -> Found:
    """Each test with one thread and with two."""
    experiment = experiments.base
    found = Found()
    with (
        ours(experiment) as us,
        illico_scanpy(experiment) as python,
        presto_method(experiment) as presto,
        seurat(experiment) as r,
    ):
        found.versions = us.versions | python.versions | presto.versions | r.versions
        found.remarks.append(PRESTO)
        for test in TESTS:
            title = f"{test.what.format(pair=len(experiment.cells_of('0')))} of {experiment.size}, {GENES:,} genes"
            found.remarks += _agreements(test, title, us, python, presto, r)
            found += _fast_peers(test, title, us, python, presto)
            found += _slow_peers(test, title, us, python, r)
    return found


def _fast_peers(test: Test, what: str, us: Contestant, python: Contestant, presto: Contestant) -> Found:
    found = Found()
    for threads in (1, 2):
        turns = [
            turn(us, test.action, threads=threads),
            turn(python, f"illico_{test.action}", threads=threads),
            turn(presto, test.action),
        ]
        mine, illico, sparse_ranks = interleave(turns, [ROUNDS] * 3)
        title = f"{what}, {threads} thread{'s'[: threads - 1]}"
        note = f"peak memory on top of the data: {peak(mine)}, illico {peak(illico)}, presto {peak(sparse_ranks)}"
        found.rows.append(Row(title, "s", seconds(mine), "illico", seconds(illico), test.of_illico, note))
        peer = "presto's method, 1 thread"
        found.rows.append(Row(title, "s", seconds(mine), peer, seconds(sparse_ranks), test.of_presto, note))
    return found


def _slow_peers(test: Test, what: str, us: Contestant, python: Contestant, r: Contestant) -> Found:
    found = Found()
    scanpy, seurat_few, seurat_many, mine = interleave(
        [
            turn(python, f"scanpy_{test.action}"),
            turn(r, test.action, genes=test.few),
            turn(r, test.action, genes=test.many),
            turn(us, test.action),
        ],
        [int(test.with_scanpy), test.rounds_of_seurat, test.rounds_of_seurat, ROUNDS],
    )
    title = f"{what}, 1 thread"
    whole = [_extended(few, many, test) for few, many in zip(seurat_few, seurat_many, strict=True)]
    note = (
        f"no pre-filter; {test.few} and {test.many} genes measured {test.rounds_of_seurat} times each and extended "
        f"along the line to {GENES:,}"
    )
    found.rows.append(Row(title, "s", seconds(mine), "Seurat", whole, test.of_seurat, note))
    if test.with_scanpy:
        note = f"measured once; its peak memory on top of the data: {peak(scanpy)}"
        found.rows.append(Row(title, "s", seconds(mine), "scanpy", seconds(scanpy), None, note))
    return found


def _extended(few: Answer, many: Answer, test: Test) -> float:
    """The time for all genes, from those for a few and for more of them."""
    a_gene = (many.seconds - few.seconds) / (test.many - test.few)
    return many.seconds + (GENES - test.many) * a_gene


def _agreements(
    test: Test, what: str, us: Contestant, python: Contestant, presto: Contestant, r: Contestant
) -> list[str]:
    """Let each answer once, which also warms them up, and compare the answers."""
    with TemporaryDirectory() as folder:
        mine, theirs = Path(folder) / "ours.csv", Path(folder) / "theirs.csv"
        us.ask(test.action, save=mine)
        python.ask(f"illico_{test.action}", save=theirs)
        found = [f"{what}: ours and illico agree: {agreement(mine, theirs, test.keys, TESTED)}."]
        presto.ask(test.action, save=theirs)
        found.append(f"{what}: ours and presto's method agree: {agreement(mine, theirs, test.keys, TESTED)}.")
        python.ask("prepare_scanpy")
        r.ask(test.action, genes=test.few, save=theirs)
        found.append(f"{what}: ours and Seurat agree: {agreement(mine, theirs, test.keys, {'p_val': True})}.")
        if test.action == "two_groups":
            python.ask("scipy_two_groups", genes=SCIPY_GENES, save=theirs)
            found.append(f"{what}: ours and scipy agree: {agreement(mine, theirs, test.keys, TESTED)}.")
    return found
