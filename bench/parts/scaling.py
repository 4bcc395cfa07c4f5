"""How the tests grow with the number of cells, on all cores."""

from bench.contestants import interleave, ours, turn
from bench.experiments import Experiments
from bench.parts.found import ROUNDS, Found
from bench.rows import Row, seconds

THREADS = 2
#: At most so many times the time of the smaller, for four times the cells.
AT_MOST = 3.0
TESTS = {"two_groups": "two groups of 11 % of the cells", "each_cluster": "12 clusters against the rest"}


def measure(experiments: Experiments) -> Found:
    """The larger experiment against the smaller."""
    small, large = experiments.base, experiments.large
    if large is None:
        return Found(remarks=["There was one size only: nothing is said of how the tests grow."])
    found = Found()
    with ours(small) as few, ours(large) as many:
        found.versions = few.versions
        for action, what in TESTS.items():
            for contestant in (few, many):
                contestant.ask(action, threads=THREADS)
            turns = [turn(contestant, action, threads=THREADS) for contestant in (many, few)]
            grown, base = interleave(turns, [ROUNDS, ROUNDS])
            title = f"{what}, {large.size} cells, {THREADS} threads"
            found.rows.append(Row(title, "s", seconds(grown), f"ours on {small.size}", seconds(base), AT_MOST))
    return found
