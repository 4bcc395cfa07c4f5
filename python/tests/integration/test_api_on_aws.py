"""The gateway on SQS and S3, as a cluster has them, and what it says while something is away."""

import json
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path

import httpx
import psycopg
import pytest

from fixtures.aws import Aws
from fixtures.surroundings import CLASSES, cell_set
from helpers.api_process import ApiProcess
from helpers.proxy import Proxy

ACCOUNT = "000000000000"
PATH = "/v2/experiments/e52b/cellSets"
TOKEN = "Bearer secret-token"
CLUSTER = {"name": "ClusterCells", "type": "louvain"}


@pytest.fixture
def environment(moto_server: Aws, fresh_name: str, tmp_path: Path) -> dict[str, str]:
    return {
        **moto_server.environment,
        "CLUSTER_ENV": fresh_name,
        "AWS_ACCOUNT_ID": ACCOUNT,
        "TANDEM_DATA": str(tmp_path / "data"),
        "TANDEM_HOME": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/record.sqlite",
    }


@pytest.fixture
def queue_url(moto_server: Aws, fresh_name: str) -> str:
    name = f"queue-job-{sha1(b'e52b-default').hexdigest()}-{fresh_name}.fifo"
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    return moto_server.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


@pytest.fixture
def messages(moto_server: Aws, queue_url: str):
    def take():
        found = moto_server.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    return take


@pytest.fixture
def buckets(moto_server: Aws, fresh_name: str) -> dict[str, str]:
    s3 = moto_server.client("s3")
    names = {kind: f"{kind}-{fresh_name}-{ACCOUNT}" for kind in ("worker-results", "processed-matrix", "cell-sets")}
    for name in names.values():
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=names["processed-matrix"], Key="e52b/r.rds", Body=b"an object")
    s3.put_object(Bucket=names["cell-sets"], Key="e52b", Body=json.dumps({"cellSets": CLASSES}).encode())
    return names


@pytest.fixture
def api(environment, buckets, tmp_path) -> Iterator[ApiProcess]:
    made = ApiProcess(environment, tmp_path / "gateway.log")
    yield made
    made.close()


def test_a_request_goes_through_sqs_and_its_result_is_handed_out_by_s3(api, messages, moto_server, buckets):
    body = {"name": "GetNUmis"}
    first = api.ask(body, experiment="e52b", headers={"Authorization": TOKEN}).json()["data"]
    [message] = messages()
    moto_server.client("s3").put_object(Bucket=buckets["worker-results"], Key=first["ETag"], Body=b"[1]")
    second = api.ask(body, experiment="e52b").json()["data"]

    assert first["signedUrl"] is None
    assert (message["ETag"], message["body"], message["experimentId"]) == (first["ETag"], body, "e52b")
    assert "Authorization" not in message, "nobody needs it for this"
    assert second["ETag"] == first["ETag"]
    for address in (message["signedUrl"], second["signedUrl"]):
        assert address.startswith(moto_server.url)
        assert httpx.get(address).content == b"[1]"
    assert api.ask(body, experiment="none").status_code == 404


def test_the_callers_token_travels_where_cell_sets_are_changed_on_their_behalf(api, messages):
    task = api.task_of(api.ask(CLUSTER, experiment="e52b", headers={"Authorization": TOKEN}))
    [message] = messages()

    assert message["Authorization"] == TOKEN
    told = api.http.get(f"/tasks/{task}").text
    assert "secret-token" not in told + api.log()


def test_other_data_and_other_cell_sets_in_the_buckets_make_other_results(api, queue_url, moto_server, buckets):
    def etags():
        answers = [api.ask({"name": name}, experiment="e52b") for name in ("GetNUmis", "MarkerHeatmap")]
        return [answer.json()["data"]["ETag"] for answer in answers]

    first = etags()
    add = {"$insert": {"index": "-", "value": cell_set("new", [1])}}
    match = {"query": '$[?(@.key == "scratchpad")]', "value": {"children": [add]}}
    api.patch([{"$match": match}], experiment="e52b").raise_for_status()
    second = etags()
    moto_server.client("s3").put_object(Bucket=buckets["processed-matrix"], Key="e52b/r.rds", Body=b"another")
    third = etags()

    assert [a == b for a, b in zip(first, second, strict=True)] == [True, False]
    assert [a == b for a, b in zip(second, third, strict=True)] == [False, False]


def test_cell_sets_are_served_and_changed_in_their_bucket(api, tmp_path):
    first = api.http.get(PATH)
    assert first.json() == {"cellSets": CLASSES}
    assert api.http.get(PATH, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    rename = {"query": '$[?(@.key == "scratchpad")]', "value": {"name": "Own"}}
    assert api.patch([{"$match": rename}], experiment="e52b").json() == {"cellSets": 3}
    assert api.http.get(PATH).json()["cellSets"][1]["name"] == "Own"
    assert api.http.get("/v2/experiments/none/cellSets").status_code == 404
    assert not (tmp_path / "data").exists(), "the buckets alone are the truth"


def check_away(answer: httpx.Response, reason: str) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert reason in answer.json()["detail"]


def test_what_is_away_is_named_and_worth_another_try(environment, buckets, moto_server, tmp_path):
    """No queue yet; then nothing at all behind the address of AWS."""
    with Proxy(moto_server.port) as proxy:
        away = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}"}
        api = ApiProcess(environment | away, tmp_path / "gateway.log")
        check_away(api.ask({"name": "GetNUmis"}, experiment="e52b"), "does not exist yet")
    try:
        check_away(api.ask({"name": "GetNUmis"}, experiment="e52b"), "The store")
        check_away(api.http.get(PATH), "The store")
        check_away(api.http.get("/results/ab"), "The store")
        assert api.http.get("/tasks").json()["total"] == 0, "what was not sent is not noted"
        assert api.http.get("/healthz").status_code == 200
    finally:
        api.close()


def test_a_record_that_is_away_is_named_and_worth_another_try(
    environment, buckets, postgres_url, postgres_cluster, queue_url, tmp_path
):
    place = tmp_path / "postgres"
    place.symlink_to(postgres_cluster)
    address = postgres_url.replace(str(postgres_cluster), str(place))
    api = ApiProcess(environment | {"DATABASE_URL": address}, tmp_path / "gateway.log")
    try:
        assert api.http.get("/tasks").status_code == 200
        place.unlink()
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        check_away(api.http.get("/tasks"), "record of runs")
        check_away(api.ask({"name": "GetNUmis"}, experiment="e52b"), "record of runs")
        place.symlink_to(postgres_cluster)
        assert api.task_of(api.ask({"name": "GetNUmis"}, experiment="e52b"))
    finally:
        api.close()
