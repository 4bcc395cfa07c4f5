"""Jobs that begin when a file is dropped into a bucket: a real runner and a real watcher, on S3 and SQS over HTTP."""

import json
import os
import subprocess
import sys
from uuid import uuid4

import pytest

from fixtures.stack import wait_for
from helpers.programs import write_program
from tandem.aws import Clients
from tandem.jobs.cloud.setup import make_bucket, prepare
from tandem.records.bundle import open_records
from tandem.records.jobs import JobsWanted

WITHIN_S = 30.0
ADD = """
import json, sys, time
inputs, results, config, logs = sys.argv[1:5]
wanted = json.load(open(config))
print("adding", flush=True)
time.sleep(wanted["pause"])
numbers = [int(line) for line in open(inputs + "/numbers.txt")]
if wanted["fail"]:
    sys.exit("it was to fail")
json.dump({"sum": sum(numbers) + wanted["plus"]}, open(results + "/sum.json", "w"))
open(results + "/empty.txt", "w").close()
open(logs + "/own.log", "w").write("a log of its own")
"""
PROGRAM = """
command = ["python3", "{{assets}}/add.py", "{{input}}", "{{output}}", "{{config}}", "{{logs}}"]
queue = "{queue}"
cpus = 0.1
memory = "100MB"
results = ["sum.json"]
[inputs]
files = ["numbers.txt"]
[parameters.plus]
type = "integer"
default = 0
[parameters.pause]
type = "number"
default = 0
[parameters.fail]
type = "boolean"
default = false
"""


class Cloud:
    """A bucket with its queue, and the processes that look after it."""

    def __init__(self, aws, folder):
        self.name = f"t-{uuid4().hex[:12]}"
        self._folder, self._processes = folder, {}
        write_program(folder / "programs", "add", PROGRAM.format(queue=self.name), {"add.py": ADD})
        self.environment = aws.environment | {
            "CLUSTER_ENV": "development",
            "TANDEM_QUEUE_URL": "sqs://jobs",
            "TANDEM_STORE_URL": "s3://",
            "DATABASE_URL": f"sqlite:///{folder / 'record.sqlite'}",
            "REDIS_URL": "redis://127.0.0.1:1",
            "TANDEM_HOME": str(folder / "home"),
            "TANDEM_DATA": str(folder / "data"),
            "TANDEM_PROGRAMS": str(folder / "programs"),
            "TANDEM_RUNNER_QUEUES": self.name,
            "TANDEM_CLOUD_BUCKET": self.name,
            "TANDEM_CLOUD_QUEUE": self.name,
            "TANDEM_VISIBILITY": "3",
        }
        settings = aws.settings()
        clients = Clients(settings)
        make_bucket(clients, settings, "jobs-development-000000000000")
        prepare(clients, settings, self.name, self.name)
        clients.close()
        self.s3, self.sqs = aws.client("s3"), aws.client("sqs")
        self.queue = self.sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
        self.records = open_records(aws.settings(database_url_given=self.environment["DATABASE_URL"]))

    def start(self, module):
        """Start a process, in the place of the one before it."""
        with (self._folder / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module], env=os.environ | self.environment, stdout=log, stderr=log
            )
        self._processes[module] = process

    def kill(self, module):
        """SIGKILL."""
        self._processes[module].kill()
        self._processes[module].wait()

    def put(self, key, content):
        """Upload a file."""
        body = content if isinstance(content, bytes | str) else json.dumps(content)
        self.s3.put_object(Bucket=self.name, Key=key, Body=body)

    def read(self, key):
        """A file, if it is there."""
        try:
            return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None

    def keys(self, prefix):
        """What lies there, without the prefix."""
        found = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])
        return [one["Key"].removeprefix(prefix) for one in found]

    def submit(self, user, timestamp, **more):
        """Drop a submission; where its answer will be."""
        asked = {"program": "add", "dataname": "inputs/numbers.txt", "timestamp": timestamp} | more
        self.put(f"{user}/submissions/{timestamp}/submit.json", asked)
        return f"{user}/results/job__add_{timestamp}/"

    def wait(self, look):
        """Wait until there is something to see."""
        return wait_for(look, WITHIN_S, lambda: (self._folder / "processes.log").read_text()[-4000:])

    def status(self, answer):
        """How a job stands, as the bucket shows it."""
        return json.loads(self.read(f"{answer}logs/status.json") or b"{}")

    def wait_until(self, answer, state):
        """Wait until the bucket says so."""
        return self.wait(lambda: (told := self.status(answer)).get("state") == state and told)

    def wait_for_error(self, folder):
        """Wait until a submission is refused; why."""
        return json.loads(self.wait(lambda: self.read(f"{folder}submit.error.json")))

    def jobs(self, user):
        """The jobs of a user."""
        return self.records.jobs.find(JobsWanted(owner=user))

    def messages(self):
        """How many messages the queue has, waiting and held."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))

    def close(self):
        """End all processes."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait(10)


@pytest.fixture(scope="module")
def cloud(moto_server, tmp_path_factory):
    made = Cloud(moto_server, tmp_path_factory.mktemp("cloud"))
    made.start("tandem.jobs.runner")
    made.start("tandem.jobs.cloud")
    yield made
    made.close()


@pytest.fixture
def user(cloud):
    name = f"u{uuid4().hex[:8]}"
    cloud.put(f"{name}/inputs/numbers.txt", "1\n2\n3\n")
    return name


def test_a_dropped_file_begins_a_job_whose_results_and_logs_appear_beside(cloud, user):
    cloud.put(f"{user}/configs/config.yaml", "plus: 4\n")
    answer = cloud.submit(user, "2026-01-01", configname="configs/config.yaml", parameters={"pause": 0.1})

    cloud.wait(lambda: cloud.read(f"{answer}process_results/.complete"))

    assert json.loads(cloud.read(f"{answer}process_results/sum.json")) == {"sum": 10}
    assert cloud.read(f"{answer}process_results/empty.txt") == b""
    assert cloud.read(f"{answer}logs/stdout.txt").split()[1] == b"adding"
    assert cloud.read(f"{answer}logs/own.log") == b"a log of its own"
    told = cloud.status(answer)
    assert (told["state"], told["parameters"]["plus"], told["exitCode"]) == ("COMPLETE", 4, 0)
    assert json.loads(cloud.read(f"{user}/logs/job__add_2026-01-01.json")) == told
    assert "provenance.json" in cloud.keys(f"{answer}logs/")
    complete = json.loads(cloud.read(f"{answer}process_results/.complete"))["files"]
    assert [file["path"] for file in complete] == ["empty.txt", "sum.json"]
    stamps = {
        one["Key"]: one["LastModified"] for one in cloud.s3.list_objects_v2(Bucket=cloud.name, Prefix=user)["Contents"]
    }
    assert max(stamps.values()) == stamps[f"{answer}process_results/.complete"]


def test_the_log_grows_and_the_state_changes_while_the_job_runs(cloud, user):
    answer = cloud.submit(user, "2026-01-02", parameters={"pause": 4})
    cloud.wait_until(answer, "RUNNING")
    cloud.wait(lambda: cloud.read(f"{answer}logs/stdout.txt"))
    assert cloud.status(answer)["state"] == "RUNNING"
    assert cloud.keys(f"{answer}process_results/") == []
    cloud.wait_until(answer, "COMPLETE")


def test_the_older_name_of_a_program_and_several_data_are_understood(cloud, user):
    cloud.put(f"{user}/inputs/more/other.txt", "x")
    asked = {"analysis": "add", "dataname": [f"{user}/inputs/numbers.txt", "inputs/more/"], "timestamp": "t1"}
    cloud.put(f"{user}/submissions/submit.json", asked)
    told = cloud.wait_until(f"{user}/results/job__add_t1/", "COMPLETE")
    entries = cloud.records.jobs.entries(cloud.records.jobs.get(told["id"]).input_hash)
    assert [entry["path"] for entry in entries] == ["numbers.txt", "other.txt"]


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ("{no json", "submit.json", "it is no JSON"),
        ({"dataname": "inputs/numbers.txt"}, "program", "it is missing"),
        ({"program": "none", "timestamp": "t"}, "program", "There is no program 'none'"),
        ({"program": "add", "dataname": "inputs/none.txt", "timestamp": "t"}, None, "there is no such object"),
        ({"program": "add", "dataname": "inputs/none/", "timestamp": "t"}, None, "there is nothing under it"),
        ({"program": "add", "dataname": "../other/inputs/x", "timestamp": "t"}, "dataname", "no path in your folder"),
        ({"program": "add", "timestamp": "t"}, "numbers.txt", "was given: nothing"),
        ({"program": "add", "configname": "configs/none.yaml", "timestamp": "t"}, "configname", "there is no"),
        (
            {"program": "add", "dataname": "inputs/numbers.txt", "parameters": {"plus": "x"}, "timestamp": "t"},
            "plus",
            "it must be a whole number",
        ),
        ({"program": "add", "dataname": "inputs/numbers.txt", "timestamp": "a/b"}, "timestamp", "pattern"),
    ],
)
def test_what_cannot_be_carried_out_is_answered_beside_it(cloud, user, asked, field, words):
    cloud.put(f"{user}/submissions/bad/submit.json", asked)
    told = cloud.wait_for_error(f"{user}/submissions/bad/")
    assert words in told["error"]
    assert field is None or told["field"] == field
    assert cloud.jobs(user) == []
    assert cloud.keys(f"{user}/results/") == []


def test_a_corrected_submission_is_carried_out_and_the_answer_to_the_first_goes(cloud, user):
    folder = f"{user}/submissions/2026-01-03/"
    cloud.submit(user, "2026-01-03", parameters={"plus": "x"})
    cloud.wait_for_error(folder)
    answer = cloud.submit(user, "2026-01-03", parameters={"plus": 1})
    cloud.wait_until(answer, "COMPLETE")
    assert cloud.keys(folder) == ["submit.json"]


def test_a_timestamp_that_is_taken_is_refused(cloud, user):
    answer = cloud.submit(user, "2026-01-04")
    first = cloud.wait_until(answer, "COMPLETE")
    cloud.put(
        f"{user}/submissions/other/submit.json",
        {"program": "add", "dataname": "inputs/numbers.txt", "timestamp": "2026-01-04", "parameters": {"plus": 9}},
    )
    assert "give another timestamp" in cloud.wait_for_error(f"{user}/submissions/other/")["error"]
    assert cloud.status(answer) == first
    assert len(cloud.jobs(user)) == 1


def test_a_job_that_fails_says_why_and_is_never_called_whole(cloud, user):
    answer = cloud.submit(user, "2026-01-05", parameters={"fail": True})
    told = cloud.wait_until(answer, "FAILED")
    assert (told["errorCode"], told["exitCode"]) == ("PROGRAM_FAILED", 1)
    assert b"it was to fail" in cloud.read(f"{answer}logs/stderr.txt")
    cloud.wait(lambda: cloud.read(f"{user}/logs/job__add_2026-01-05.json"))
    assert cloud.keys(f"{answer}process_results/") == []


def test_a_file_kill_beside_it_ends_a_job(cloud, user):
    answer = cloud.submit(user, "2026-01-06", parameters={"pause": 60})
    cloud.wait_until(answer, "RUNNING")
    cloud.put(f"{user}/submissions/2026-01-06/kill.json", "{}")
    assert cloud.wait_until(answer, "KILLED")["reason"] == "The task was cancelled."


def test_a_file_that_is_told_of_twice_is_one_job(cloud, user):
    answer = cloud.submit(user, "2026-01-07")
    cloud.wait_until(answer, "COMPLETE")
    key = f"{user}/submissions/2026-01-07/submit.json"
    told = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": cloud.name}, "object": {"key": key}}}
    cloud.sqs.send_message(QueueUrl=cloud.queue, MessageBody=json.dumps({"Records": [told, told]}))
    cloud.wait(lambda: cloud.messages() == 0)
    assert len(cloud.jobs(user)) == 1
    assert cloud.status(answer)["state"] == "COMPLETE"


def test_messages_of_others_do_not_end_the_watcher(cloud, user):
    for body in ("garbage", "[]", '{"Records": [{}]}', '{"Event": "s3:TestEvent"}', '{"Records": "x"}'):
        cloud.sqs.send_message(QueueUrl=cloud.queue, MessageBody=body)
    cloud.wait(lambda: cloud.messages() == 0)
    cloud.wait_until(cloud.submit(user, "2026-01-08"), "COMPLETE")


def test_another_watcher_goes_on_where_one_was_killed(cloud, user):
    answer = cloud.submit(user, "2026-01-09", parameters={"pause": 5})
    cloud.wait_until(answer, "RUNNING")
    cloud.kill("tandem.jobs.cloud")
    assert cloud.messages() > 0
    cloud.start("tandem.jobs.cloud")
    cloud.wait(lambda: cloud.read(f"{answer}process_results/.complete"))
    assert len(cloud.jobs(user)) == 1
    cloud.wait(lambda: cloud.messages() == 0)


def test_another_runner_takes_the_job_of_one_that_was_killed(cloud, user):
    answer = cloud.submit(user, "2026-01-10", parameters={"pause": 2})
    cloud.wait_until(answer, "RUNNING")
    cloud.kill("tandem.jobs.runner")
    cloud.start("tandem.jobs.runner")
    assert cloud.wait_until(answer, "COMPLETE")["attempt"] == 2
