"""A pod of the existing platform: names derived from its labels, SQS and S3 over HTTP, no variable of ours."""

import gzip
import json
import shutil
import time
from hashlib import sha1

import httpx
import pytest

from fixtures.aws import MOTO_ACCOUNT
from fixtures.stack import EXPERIMENT, RProcess
from fixtures.surroundings import TOKEN, cell_class, cell_set
from helpers.client_messages import CHANGES, FILES, READ
from tandem.states import State

QUEUE = f"queue-job-{sha1(b'e52b-default').hexdigest()}-staging.fifo"


@pytest.fixture
def buckets(moto_server):
    s3 = moto_server.client("s3")
    names = {kind: f"{kind}-staging-{MOTO_ACCOUNT}" for kind in ("worker-results", "processed-matrix", "cell-sets")}
    for name in names.values():
        moto_server.create_bucket(name)
    yield names
    for name in names.values():
        for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
            s3.delete_object(Bucket=name, Key=entry["Key"])
        s3.delete_bucket(Bucket=name)


@pytest.fixture
def pod(make_stack, moto_server, buckets, redis_server, r_library, small_experiment, tmp_path):
    """A worker and an R service with an empty data folder of their own, and the experiment in the buckets."""
    data = tmp_path / "data"
    data.mkdir()
    r = RProcess(r_library, data, tmp_path / "r.log", experiment="e52b")
    r.start()
    stack = make_stack(redis_server.port, r.url)
    for name in ("TANDEM_QUEUE_URL", "TANDEM_STORE_URL", "EXPERIMENT_ID"):
        del stack.environment[name]
    labels = tmp_path / "labels"
    labels.write_text('type="worker"\n')
    stack.environment |= moto_server.environment
    stack.environment |= {"K8S_ENV": "staging", "TANDEM_LABELS": str(labels), "TANDEM_DATA": str(data)}
    s3 = moto_server.client("s3")
    source = small_experiment / EXPERIMENT
    s3.upload_file(str(source / "r.rds"), buckets["processed-matrix"], "e52b/r.rds")
    s3.upload_file(str(source / "cell_sets.json"), buckets["cell-sets"], "e52b")
    yield stack
    r.stop()


def test_an_assigned_pod_fetches_its_experiment_and_answers_through_s3_and_events(pod, moto_server, buckets, tmp_path):
    sqs, s3 = moto_server.client("sqs"), moto_server.client("s3")
    url = moto_server.create_queue(QUEUE)
    message = pod.message("GetNUmis") | {"experimentId": "e52b"}
    assert pod.ear.heard == []
    worker = pod.start_worker()
    pod.wait(lambda: pod.status() == "waiting")
    (tmp_path / "labels").write_text('experimentId="e52b"\nsandboxId="default"\ntype="worker"\n')
    sent = sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message), MessageGroupId="work")

    answer = pod.wait_for_answer(message["ETag"], within_s=60)

    stored = s3.get_object(Bucket=buckets["worker-results"], Key=message["ETag"])
    assert json.loads(gzip.decompress(stored["Body"].read())) == answer
    assert stored["ContentType"] == "application/json"
    tags = s3.get_object_tagging(Bucket=buckets["worker-results"], Key=message["ETag"])["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"experimentId": "e52b", "requestType": "GetNUmis"}
    assert pod.record.get(sent["MessageId"]).state is State.COMPLETE
    codes = [payload["status_code"] for payload in pod.ear.events("Heartbeat-e52b")]
    assert codes.index("DOWNLOAD_EXPERIMENT") < codes.index("COMPRESSING_DATA")
    pod.wait(lambda: queue_is_empty(sqs, url))
    assert worker.poll() is None


def test_a_file_lies_in_s3_as_r_wrote_it_and_is_told_by_its_address(pod, moto_server, buckets, tmp_path):
    sqs, s3 = moto_server.client("sqs"), moto_server.client("s3")
    url = moto_server.create_queue(QUEUE)
    (tmp_path / "labels").write_text('experimentId="e52b"\nsandboxId="default"\n')
    address = s3.generate_presigned_url("get_object", Params={"Bucket": buckets["worker-results"], "Key": "ab12"})
    message = pod.message("Export", rows=50_000) | {"experimentId": "e52b", "ETag": "ab12", "signedUrl": address}
    assert pod.ear.heard == []
    pod.start_worker()
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message), MessageGroupId="work")

    answer = pod.wait_for_answer("ab12", within_s=60)

    assert answer["response"] == {"cacheable": True, "error": False, "signedUrl": address}
    got = httpx.get(answer["response"]["signedUrl"])
    assert (got.headers["Content-Type"], got.headers.get("Content-Encoding")) == ("application/gzip", None)
    assert gzip.decompress(got.content).count(b"\n") == 50_000
    tags = s3.get_object_tagging(Bucket=buckets["worker-results"], Key="ab12")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"experimentId": "e52b", "requestType": "Export"}


def test_a_dataset_replaced_in_its_bucket_is_fetched_when_a_client_asks_for_new_work(
    pod, moto_server, buckets, small_experiment, tmp_path
):
    sqs, s3 = moto_server.client("sqs"), moto_server.client("s3")
    url = moto_server.create_queue(QUEUE)
    (tmp_path / "labels").write_text('experimentId="e52b"\nsandboxId="default"\n')
    before = pod.message("GetNUmis") | {"experimentId": "e52b"}
    assert pod.ear.heard == []
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(before), MessageGroupId="work")
    pod.start_worker()
    pod.wait_for_answer(before["ETag"], within_s=60)

    smaller = tmp_path / "smaller.rds"
    shutil.copy(small_experiment / EXPERIMENT / "r-smaller.rds", smaller)
    s3.upload_file(str(smaller), buckets["processed-matrix"], "e52b/r.rds")
    after = pod.message("GetNUmis") | {"experimentId": "e52b"}
    after["requestProps"]["cacheUniquenessKey"] = 0.42
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(after), MessageGroupId="work")

    values = pod.wait_for_answer(after["ETag"], within_s=60)
    kept = [value for value in values if value is not None]
    assert len(kept) < len([value for value in pod.wait_for_answer(before["ETag"]) if value is not None])


def test_a_message_sent_while_another_of_its_group_runs_follows_it_at_once(pod, moto_server, tmp_path):
    sqs = moto_server.client("sqs")
    url = moto_server.create_queue(QUEUE)
    (tmp_path / "labels").write_text('experimentId="e52b"\nsandboxId="default"\n')

    def send(name, **body):
        message = pod.message(name, **body) | {"experimentId": "e52b"}
        sent = sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message), MessageGroupId="work")
        return message["ETag"], sent["MessageId"]

    assert pod.ear.heard == []
    first, run_id = send("Sleep", seconds=6)
    pod.start_worker()
    pod.wait(lambda: (run := pod.run_of(run_id)) is not None and run.state is State.RUNNING, within_s=60)
    second, _ = send("GetNUmis")
    pod.wait_for_answer(first, within_s=60)
    ended = time.monotonic()

    pod.wait_for_answer(second)

    assert time.monotonic() - ended < 5


def test_every_message_of_existing_clients_is_answered_as_they_expect(
    pod, moto_server, buckets, experiment_api, cell_sets_file, tmp_path
):
    sqs, s3 = moto_server.client("sqs"), moto_server.client("s3")
    url = moto_server.create_queue(QUEUE)
    ids = [number for number in range(100) if number % 5 != 4]
    louvain = cell_class("louvain", *(cell_set(f"louvain-{group}", ids[group::3]) for group in range(3)))
    tracks = cell_class("size", cell_set("size-small", ids[:60]), cell_set("size-all", ids[60:]))
    classes = {"cellSets": [louvain, cell_class("scratchpad"), tracks]}
    cell_sets_file.write_text(json.dumps(classes))
    s3.put_object(Bucket=buckets["cell-sets"], Key="e52b", Body=json.dumps(classes))
    (tmp_path / "labels").write_text('experimentId="e52b"\nsandboxId="default"\n')

    def send(body, **props):
        message = pod.message(**body) | {"experimentId": "e52b", "socketId": "randomID"}
        message["requestProps"] |= props
        parameters = {"Bucket": buckets["worker-results"], "Key": message["ETag"]}
        message["signedUrl"] = s3.generate_presigned_url("get_object", Params=parameters)
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message), MessageGroupId="work")
        return message

    assert pod.ear.heard == []
    messages = [send(asked.body, **asked.props) for asked in READ]
    files = {kind: send(body) for kind, body in FILES.items()}
    changes = [send(body, broadcast=True) for body in CHANGES]
    pod.start_worker(API_URL=experiment_api.url)

    for asked, message in zip(READ, messages, strict=True):
        answer = pod.wait_for_answer(message["ETag"], within_s=90)
        assert isinstance(pod.ear.events(f"WorkResponse-{message['ETag']}")[0], str), answer
        assert asked.check(answer), (asked.body, answer)
        stored = s3.get_object(Bucket=buckets["worker-results"], Key=message["ETag"])
        assert (stored["ContentType"], stored["ContentEncoding"]) == ("application/json", "gzip")
        assert json.loads(gzip.decompress(stored["Body"].read())) == answer
        tags = s3.get_object_tagging(Bucket=buckets["worker-results"], Key=message["ETag"])["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == {
            "experimentId": "e52b",
            "requestType": asked.body["name"],
        }
    for kind, message in files.items():
        answer = pod.wait_for_answer(message["ETag"], within_s=90)
        assert answer["response"] == {"cacheable": True, "error": False, "signedUrl": message["signedUrl"]}
        stored = s3.get_object(Bucket=buckets["worker-results"], Key=message["ETag"])
        assert (stored["ContentType"], stored.get("ContentEncoding")) == (kind, None)
        assert stored["Body"].read(2) == b"\x1f\x8b", "a gzip stream of R's own"
    for message in changes:
        response = {"cacheable": False, "error": False, "signedUrl": message["signedUrl"]}
        assert pod.wait_for_answer(message["ETag"], within_s=90)["response"] == response
    assert len(experiment_api.asked) == len(pod.ear.events("ExperimentUpdates-e52b")) == len(CHANGES)
    assert {headers["Authorization"] for _, headers, _ in experiment_api.asked} == {TOKEN}
    assert TOKEN.split()[1] not in json.dumps(pod.ear.heard)
    pod.wait(lambda: queue_is_empty(sqs, url))


def queue_is_empty(sqs, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return all(int(counts[name]) == 0 for name in names)
