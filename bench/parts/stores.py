"""Building the stores of expression from a loaded object, against Matrix's transposition of both layers."""

from bench.contestants import interleave, ours, seurat, turn
from bench.experiments import Experiments
from bench.parts.found import ROUNDS, Found
from bench.rows import Row, peak, seconds

AT_MOST = 2.0


def measure(experiments: Experiments) -> Found:
    """Both start from counts and data in memory; ours ends with both in their file, the peer with both in memory."""
    experiment = experiments.base
    found = Found()
    with ours(experiment) as us, seurat(experiment) as them:
        found.versions = us.versions | them.versions
        us.ask("read_whole")
        us.ask("build_store", threads=2)
        them.ask("transpose")
        turns = [turn(us, "build_store", threads=2), turn(them, "transpose")]
        mine, theirs = interleave(turns, [ROUNDS, ROUNDS])
        note = f"ours ends with files on disk; peak memory on top of the object: {peak(mine)}, Matrix {peak(theirs)}"
        what = f"the stores of counts and data from a loaded object, {experiment.size} cells"
        found.rows.append(Row(what, "s", seconds(mine), "Matrix::t of both", seconds(theirs), AT_MOST, note))
    return found
