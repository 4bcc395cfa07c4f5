"""Runners that make Jobs of a cluster: the real client, against a small API whose pods run on this machine."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtures.runner import Runners
from helpers.kubernetes_api import SmallCluster
from tandem.errors import PodLost
from tandem.jobs.cluster import handover
from tandem.jobs.cluster.way import PodAttempt
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.runner import results
from tandem.jobs.runner.attempt import Harvest
from tandem.states import State

COUNTS = """
import json, os, pathlib, sys
config = json.loads(pathlib.Path(sys.argv[1]).read_text())
print("reading", *sorted(os.listdir(sys.argv[2])), os.environ["TANDEM_INPUT"] == sys.argv[2], flush=True)
pathlib.Path(sys.argv[3], "result.json").write_text(json.dumps({"double": 2 * config["a"]}))
"""
COUNTING = (
    'command = ["python3", "{assets}/main.py", "{config}", "{input}", "{output}"]\n[parameters.a]\ntype = "integer"\n'
)
#: Says that it has begun, then waits for a file, which is how a test lets it end.
WAITS = """
import pathlib, sys, time
print("begun", flush=True)
while not pathlib.Path("{gate}").exists():
    time.sleep(0.05)
print("through", flush=True)
pathlib.Path(sys.argv[2], "done").write_text("yes")
"""


class OnKubernetes(Runners):
    """Runners of a small cluster."""

    cluster: SmallCluster

    def waiting_program(self, gate: Path) -> None:
        """Write a program that ends as soon as the file is there."""
        self.program("waits", WAITS.replace("{gate}", str(gate)), 'results = ["done"]\n')

    def says(self, run_id: str, text: str) -> None:
        """Wait until the job has said so."""
        self.wait(lambda: text in self.said(run_id))


@pytest.fixture
def place(tmp_path: Path, redis_server) -> Iterator[OnKubernetes]:
    cluster = SmallCluster(tmp_path)
    settings = {
        "TANDEM_RUNNER_MODE": "kubernetes",
        "KUBECONFIG": str(cluster.kubeconfig),
        "TANDEM_JOB_NAMESPACE": "science",
        "TANDEM_JOB_IMAGE": "tandem:test",
        "TANDEM_JOB_SECRET": "tandem-env",
        "TANDEM_JOB_WAIT": "2",
    }
    place = OnKubernetes(tmp_path, redis_server.url, **settings)
    place.cluster = cluster
    cluster.sources["tandem-env"] = place.environment
    yield place
    place.close()
    cluster.close()


def test_a_job_is_fetched_run_and_collected_in_a_pod(place):
    place.program("doubles", COUNTS, f'results = ["result.json"]\n{COUNTING}')
    first = place.submit(program="doubles", parameters={"a": 1})
    job = place.submit(program="doubles", parameters={"a": 21}, inputs=[{"job": first.run_id}])
    place.start()
    [job] = place.complete(job.run_id, within_s=60)
    assert json.loads(place.result(job, "results/result.json")) == {"double": 42}
    assert place.said(job.run_id) == ["reading result.json True"]
    assert place.result(job, "logs/stdout.txt").decode().endswith("Z reading result.json True\n")
    assert (job.exit_code, job.cpu_s, job.peak_bytes, job.findings) == (0, None, None, {"result.double": 42})
    provenance = json.loads(place.result(job, "provenance.json"))
    assert (provenance["confinement"]["by"], provenance["cpuSeconds"]) == ("kubernetes", None)
    assert [one["path"] for one in provenance["inputs"]] == ["result.json"]
    whole = json.loads(place.result(job, "results/.complete"))
    assert [one["path"] for one in whole["files"]] == ["result.json"]


def test_how_a_program_ends_is_told_as_elsewhere(place):
    place.start()
    failing = place.submit("sh", "-c", "echo oh; exit 3")
    ended = place.submit("sh", "-c", "kill -9 $$")
    failed, killed = place.ended(failing.run_id, ended.run_id, within_s=60)
    assert (failed.state, failed.error_code, failed.exit_code) == (State.FAILED, "PROGRAM_FAILED", 3)
    assert place.said(failing.run_id) == ["oh"]
    assert killed.reason == "The program ended with signal 9."
    place.cluster.hungry = True
    [hungry] = place.ended(place.submit("sh", "-c", "kill -9 $$; :", force=True).run_id, within_s=60)
    assert hungry.error_code == "OUT_OF_MEMORY"


def test_a_promise_is_looked_for_in_the_store(place):
    place.program("forgets", "print('done')", 'results = ["result.json"]\n')
    place.start()
    [job] = place.ended(place.submit(program="forgets").run_id, within_s=60)
    assert (job.state, job.error_code) == (State.FAILED, "RESULT_MISSING")
    assert "results/.complete" not in place.left(job)


def test_what_the_pod_cannot_fetch_is_told(place):
    place.program("makes", "import pathlib, sys\npathlib.Path(sys.argv[2], 'a.csv').write_text('a')")
    place.program("reads", "")
    runner = place.start()
    [first] = place.complete(place.submit(program="makes").run_id, within_s=60)
    runner.terminate()
    runner.wait(10)
    job = place.submit(program="reads", inputs=[{"job": first.run_id}])
    for blob in list(place.store.list("blobs/")):
        place.store.delete(blob.key)
    place.start()
    [job] = place.ended(job.run_id, within_s=60)
    assert (job.state, job.error_code) == (State.FAILED, "INPUT_MISSING")
    assert "a.csv" in job.reason


def test_what_goes_back_to_an_experiment_comes_to_the_runner(place, tmp_path):
    settings, prefix = place.settings, "runs/job-1/"
    made, folder = tmp_path / "made", RunFolder.make(tmp_path / "run")
    made.mkdir()
    (made / "cell_sets.json").write_text("[]")
    (made / "large.bin").write_bytes(bytes(1000))
    handover.leave(Harvest(results.upload(made, prefix, place.store), {"a": 1}), prefix, 2, place.store)
    order = SimpleNamespace(
        job=SimpleNamespace(run_id="job-1"), attempt=2, spec=SimpleNamespace(returns={"cell_sets": "cell_sets.json"})
    )
    attempt = PodAttempt(order, folder, [], None, place.store, settings, None)
    harvest = attempt.harvest(SimpleNamespace(by="itself", exit_code=0))
    assert ({one.path for one in harvest.made}, harvest.findings) == ({"cell_sets.json", "large.bin"}, {"a": 1})
    assert [path.name for path in folder.results.iterdir()] == ["cell_sets.json"]
    order.attempt = 3
    with pytest.raises(PodLost):
        attempt.harvest(SimpleNamespace(by="itself", exit_code=0))


def test_a_time_limit_asks_the_program_and_ends_it(place):
    script = "trap 'echo asked; exit 1' TERM; while :; do sleep 0.05; done"
    place.start()
    [job] = place.ended(place.submit("sh", "-c", script, time_limit="1s").run_id, within_s=60)
    assert (job.error_code, place.said(job.run_id)) == ("TIMED_OUT", ["asked"])
    assert not place.cluster.pods


def test_what_keeps_a_pod_from_beginning_is_told_in_the_words_of_the_cluster(place):
    place.cluster.missing_images.add("nowhere/none:1")
    place.program("strange", "", 'image = "nowhere/none:1"\n')
    place.start()
    [job] = place.ended(place.submit(program="strange").run_id, within_s=60)
    assert job.reason == 'The program could not be started: Failed to pull image "nowhere/none:1": not found.'
    place.cluster.is_full = True
    [job] = place.ended(place.submit("true").run_id, within_s=60)
    assert (job.error_code, "Insufficient nvidia.com/gpu" in job.reason) == ("NOT_STARTED", True)
    place.wait(lambda: not place.cluster.jobs)


def test_a_kill_removes_the_pod(place, tmp_path):
    place.waiting_program(tmp_path / "gate")
    place.start()
    job = place.submit(program="waits")
    place.says(job.run_id, "begun")
    [pod] = place.cluster.pods.values()
    place.records.runs.request_kill(job.run_id)
    [job] = place.ended(job.run_id)
    assert (job.state, job.error_code) == (State.KILLED, "TASK_CANCELLED")
    assert pod.ended.is_set()
    assert not place.cluster.pods
    asked = [(kind, options) for kind, _, options in place.cluster.deleted]
    assert asked[0] == ("jobs", {"propagationPolicy": "Foreground"})
    # Whoever cleans up in the cluster may have been faster.
    assert all(one == ("pods", {"gracePeriodSeconds": 1}) for one in asked[1:])


def test_while_the_cluster_does_not_answer_a_job_goes_on(place, tmp_path):
    place.waiting_program(tmp_path / "gate")
    place.start()
    job = place.submit(program="waits")
    place.says(job.run_id, "begun")
    place.cluster.is_away = True
    place.wait(lambda: "does not do its part" in place.logs())
    (tmp_path / "gate").touch()
    place.cluster.is_away = False
    [job] = place.complete(job.run_id, within_s=60)
    assert (job.attempt, place.said(job.run_id)) == (1, ["begun", "through"])


def test_what_is_cancelled_while_no_runner_is_there_ends_all_the_same(place, tmp_path):
    place.waiting_program(tmp_path / "gate")
    runner = place.start()
    job = place.submit(program="waits")
    place.says(job.run_id, "begun")
    runner.terminate()
    runner.wait(10)
    assert place.cluster.pods
    place.records.runs.request_kill(job.run_id)
    place.start()
    [job] = place.ended(job.run_id)
    assert job.state is State.KILLED
    place.wait(lambda: not place.cluster.pods)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_next_runner_goes_on_with_what_runs(place, tmp_path, how):
    place.waiting_program(tmp_path / "gate")
    runner = place.start()
    job = place.submit(program="waits")
    place.says(job.run_id, "begun")
    runner.send_signal(how)
    runner.wait(10)
    place.start()
    (tmp_path / "gate").touch()
    [job] = place.complete(job.run_id, within_s=60)
    assert (job.attempt, len(place.cluster.created)) == (1, 1)
    assert place.said(job.run_id) == ["begun", "through"]
    assert len(place.result(job, "logs/stdout.txt").splitlines()) == 2
