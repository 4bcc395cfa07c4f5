"""Measure everything, or some parts, and write the report.

Each part is kept when it ends, so what broke off goes on with --continue, and the report has all parts of that size.
"""

import argparse
import os
import sys
import time
from datetime import datetime
from subprocess import SubprocessError

from playwright.sync_api import Error as BrowserError

from bench.contestants import Failed
from bench.experiments import KEPT, Experiment, Experiments
from bench.machine import cpu_name
from bench.parts import PARTS, WITHOUT_EXPERIMENT
from bench.parts.found import Found
from bench.report import write_report
from bench.rows import Part, kept

DEFAULT_SIZES = "50k 200k"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", default=DEFAULT_SIZES, help="the size to measure and a larger one, as '50k 200k'")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="the parts to measure")
    parser.add_argument("--continue", dest="go_on", action="store_true", help="leave out parts measured before")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the report anew")
    return parser.parse_args()


def experiments_of(sizes: str) -> Experiments:
    names = sizes.split() or DEFAULT_SIZES.split()
    return Experiments(Experiment(names[0]), Experiment(names[1]) if names[1:] else None)


def measure(name: str, experiments: Experiments) -> bool:
    """One part; whether it could be measured, and nothing was found that must not be."""
    began = time.perf_counter()
    print(f"{name} ...", flush=True)
    when = datetime.now().astimezone().isoformat(" ", "minutes")
    try:
        found = PARTS[name](experiments)
        found.remarks += found.faults
        done = not found.faults
    except (BrowserError, Failed, OSError, RuntimeError, SubprocessError) as error:
        found, done = Found(remarks=[f"{name} could not be measured: {error}"]), False
    Part(name, experiments.base.size, when, found.rows, found.versions, found.remarks, cpu_name()).keep()
    for row in found.rows:
        peer = f", {row.peer} {row.their_median:.4g} {row.unit}" if row.their_median else ""
        print(f"  {row.what}: {row.our_median:.4g} {row.unit}{peer}" if row.ours else f"  {row.what}: {row.note}")
    for remark in found.remarks:
        print(f"  {remark}")
    print(f"  {time.perf_counter() - began:.0f} s", flush=True)
    return done


def main() -> int:
    chosen = arguments()
    KEPT.mkdir(parents=True, exist_ok=True)
    experiments = experiments_of(chosen.sizes)
    base = experiments.base.size
    wanted = [] if chosen.report else [name for name in chosen.only if not (chosen.go_on and kept(name, base))]
    if set(wanted) - WITHOUT_EXPERIMENT:
        for experiment in filter(None, (experiments.base, experiments.large)):
            experiment.ready()
    if os.getloadavg()[0] > 1:
        print("Something else keeps this machine busy: times will be too long, ratios less so.", flush=True)
    done = [measure(name, experiments) for name in wanted]
    measured = [part for name in PARTS if (part := kept(name, base))]
    if not measured:
        sys.exit(f"Nothing was measured yet with {base} cells, so there is nothing to report.")
    print(f"Report: {write_report(measured)}")
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
