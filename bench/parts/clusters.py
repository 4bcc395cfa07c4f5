"""Clusters at another resolution, with the graph of neighbours kept."""

from bench.contestants import Answer, interleave, ours, seurat, turn
from bench.experiments import Experiments
from bench.parts.found import ROUNDS, Found
from bench.rows import Row, seconds

#: Leiden may take so much of what Seurat's Louvain takes with its ten starts.
AT_MOST = 1 / 3


def measure(experiments: Experiments) -> Found:
    """A new resolution at each turn; the graphs are made before, and the time of ours is told."""
    experiment = experiments.base
    found = Found()
    with ours(experiment) as us, seurat(experiment) as them:
        found.versions = us.versions | them.versions
        first = us.ask("clusters", threads=2, type="leiden", resolution=0.5)
        their_graph = them.ask("neighbours")
        leiden: list[Answer] = []
        louvain: list[Answer] = []
        theirs: list[Answer] = []
        for number in range(ROUNDS):
            resolution = 0.6 + number / 10
            answers = interleave(
                [
                    turn(us, "clusters", type="leiden", resolution=resolution),
                    turn(us, "clusters", type="louvain", resolution=resolution),
                    turn(them, "louvain", resolution=resolution),
                ],
                [1, 1, 1],
            )
            for kept, answer in zip((leiden, louvain, theirs), answers, strict=True):
                kept += answer
        peer = "Seurat: FindClusters, 10 starts"
        what = f"at a new resolution, {experiment.size} cells, graph kept"
        found.rows.append(Row(f"Leiden {what}", "s", seconds(leiden), peer, seconds(theirs), AT_MOST))
        found.rows.append(Row(f"Louvain {what}", "s", seconds(louvain), peer, seconds(theirs)))
        found.remarks.append(
            f"The first Leiden took {first.seconds:.1f} s with the graph made or read from the experiment's folder; "
            f"Seurat's FindNeighbors {their_graph.seconds:.1f} s."
        )
    return found
