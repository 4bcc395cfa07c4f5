"""The R service as the worker has it: its answers, its start and its memory."""

import subprocess
import time
from typing import Any

from bench.contestants import SCRIPTS, ours
from bench.experiments import ENVIRONMENT, ROOT, Experiment, Experiments
from bench.parts.found import ROUNDS, Found
from bench.rows import Row
from bench.service_process import ServiceProcess
from tandem.errors import TandemError

REQUESTS = 100
#: What the request of 10 genes is held to, in milliseconds.
REQUEST_MS = 30.0
#: To ready, and to the first answer, as shares of what a process takes that holds the matrix in R's memory.
OF_READY, OF_FIRST = 1 / 4, 1 / 3
#: The private memory that the idle service may have, in MB.
MEMORY_MB = {"50k": 400.0, "200k": 450.0}
#: How long a service is left alone before its memory is looked at, in seconds.
IDLE_S = 3.0
THREADS = 2


def measure(experiments: Experiments) -> Found:
    """All of it on the base size; memory on the large one too."""
    experiment = experiments.base
    found = Found()
    for size in filter(None, (experiments.large, experiment)):
        with ServiceProcess(size, threads=THREADS):
            pass  # what is kept beside r.rds is made now, if it is not
        with ServiceProcess(size, threads=THREADS) as service:
            if size is experiment:
                found += _requests(experiment, service)
            found += _memory(size, service)
    found += _starts(experiment)
    return found


def _requests(experiment: Experiment, service: ServiceProcess) -> Found:
    names = [f"GENE{int(gene.removeprefix('ENSG'))}" for gene in experiment.genes(11)[1:]]
    service.run("runExpression", {"genes": names})
    answers = [service.run("runExpression", {"genes": names}) for _ in range(REQUESTS)]
    milliseconds = [1000 * taken for taken, _ in answers]
    what = f"10 genes of {experiment.size} cells, from Python's request to the last byte"
    note = f"{REQUESTS} requests one after the other, {answers[0][1] / 1e6:.2f} MB each"
    return Found([Row(what, "ms", milliseconds, at_most=REQUEST_MS, note=note)])


def _memory(experiment: Experiment, service: ServiceProcess) -> Found:
    time.sleep(IDLE_S)
    whole, keeper = service.private_mb()
    what = f"private memory of the idle service, {experiment.size} cells"
    note = f"all its processes; the one that keeps the data: {keeper:.0f} MB"
    return Found([Row(what, "MB", [whole], at_most=MEMORY_MB.get(experiment.size), note=note)])


def _starts(experiment: Experiment) -> Found:
    """Ours and the peer in turns. The peer's kernel is ours, so that it loses nothing by a slow one."""
    with ours(experiment) as us:
        us.ask("two_groups", threads=THREADS)
        kernel = [us.ask("two_groups", threads=THREADS).seconds for _ in range(ROUNDS)]
    ready, first, theirs = [], [], []
    problem = ""
    question = _question(experiment)
    for _ in range(ROUNDS):
        with ServiceProcess(experiment, threads=THREADS) as service:
            ready.append(service.seconds_since_start)
            try:
                service.run("DifferentialExpression", question)
                first.append(service.seconds_since_start)
            except TandemError as error:
                problem = f"not measured: {error}"
        theirs.append(_start_of_peer(experiment))
    found = Found()
    peer = "library(Seurat), readRDS, Matrix::t"
    what = f"from process start to {{}}, {experiment.size} cells, store present"
    found.rows.append(Row(what.format("ready"), "s", ready, peer, theirs, OF_READY))
    theirs = [taken + each for taken, each in zip(theirs, kernel, strict=True)]
    peer += ", our kernel"
    what = what.format("the first DE answer's last byte")
    found.rows.append(Row(what, "s", first, peer, theirs, OF_FIRST, problem))
    return found


def _start_of_peer(experiment: Experiment) -> float:
    began = time.perf_counter()
    command = ["Rscript", str(SCRIPTS / "start.R"), str(experiment.object)]
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True)
    return time.perf_counter() - began


def _question(experiment: Experiment) -> dict[str, Any]:
    """What the worker asks of R for two groups."""
    return {
        "baseCells": experiment.cells_of("0"),
        "backgroundCells": experiment.cells_of("1"),
        "genesOnly": False,
        "comparisonType": "within",
        "pagination": {"orderBy": "p_val", "orderDirection": "ASC", "offset": 0, "limit": 50, "filters": []},
    }
