"""Whether pseudotime follows the hours of an experiment: what contestants/trajectory.R says of both."""

import subprocess

from bench.experiments import ENVIRONMENT, ROOT, Experiments
from bench.parts.found import Found

SCRIPT = ROOT / "bench" / "contestants" / "trajectory.R"


def measure(_experiments: Experiments) -> Found:
    """Its lines, as they are."""
    command = ["Rscript", str(SCRIPT.relative_to(ROOT))]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, text=True)
    return Found(remarks=[line for line in done.stdout.splitlines() if line.strip()])
