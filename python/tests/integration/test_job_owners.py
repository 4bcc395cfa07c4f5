"""Whose jobs: with tokens, submitters are kept apart; readers look at everybody's; admins may do everything."""

from collections.abc import Iterator

import httpx
import pytest

from fixtures.jobs_api import JobsApi
from fixtures.redis import RedisServer
from tandem.records.database import open_database
from tandem.records.tokens import Role, Tokens

NAMES = {"ann": Role.SUBMITTER, "ben": Role.SUBMITTER, "eye": Role.READER, "boss": Role.ADMIN}


@pytest.fixture(scope="module")
def people(
    tmp_path_factory: pytest.TempPathFactory, gateways_redis: RedisServer
) -> Iterator[tuple[JobsApi, dict[str, httpx.Client]]]:
    """A gateway where tokens are in force, and a client for each of those who have one."""
    api = JobsApi(tmp_path_factory.mktemp("owners"), gateways_redis.port)
    tokens = Tokens(open_database(f"sqlite:///{api.folder / 'record.sqlite'}"))
    clients = {}
    for name, role in NAMES.items():
        _, text = tokens.create(role, name)
        clients[name] = httpx.Client(base_url=api.url, timeout=30, headers={"Authorization": f"Bearer {text}"})
    api.wait_until_tokens_are_in_force()
    yield api, clients
    for client in clients.values():
        client.close()
    tokens.close()
    api.close()


def test_a_submitter_sees_and_ends_its_own_jobs_alone(people):
    _, by = people
    job = by["ann"].post("/jobs", json={"command": ["sleep", "30"], "cpus": 0.1, "memory": "100MB"}).json()["job"]
    place = f"/jobs/{job['id']}"

    assert job["owner"] == "ann"
    assert [by[name].get(place).status_code for name in NAMES] == [200, 404, 200, 200]
    assert [by[name].get("/jobs").json()["total"] for name in NAMES] == [1, 0, 1, 1]
    for path in ("/log", "/log.txt", "/results", "/output.zip"):
        assert by["ben"].get(place + path).status_code == 404
    assert by["ben"].post(f"{place}/kill").status_code == 404
    assert by["ben"].delete(place).status_code == 404
    as_task = f"/tasks/{job['id']}"
    assert {by["ben"].request(*how).status_code for how in (("GET", as_task), ("DELETE", as_task))} == {404}
    assert by["ben"].post(f"{as_task}/again").status_code == 404
    assert by["eye"].post(f"{place}/kill").status_code == 403
    assert by["eye"].post("/jobs", json={"command": ["true"]}).status_code == 403
    assert by["eye"].get(f"{place}/kill").status_code == 403
    assert by["ben"].post("/jobs", json={"command": ["true"], "inputs": [{"job": job["id"]}]}).status_code == 422
    assert by["ben"].post("/jobs", json={"command": ["true"], "after": [job["id"]]}).status_code == 422
    assert by["ann"].post(f"{place}/kill").status_code == 202
    assert httpx.get(f"{people[0].url}/jobs").status_code == 401


def test_results_of_others_are_neither_reused_nor_named(people):
    api, by = people
    wish = {"program": "model1", "parameters": {"a": 17}}
    first = by["ann"].post("/jobs", json=wish).json()["id"]
    api.until_ended(by["boss"], first)

    assert by["ann"].post("/jobs", json=wish).status_code == 200
    assert by["ben"].post("/jobs", json=wish).status_code == 202
    assert by["ben"].post("/data-sets", json={"name": "mine", "source": {"job": first}}).status_code == 422
    assert by["ben"].get("/jobs/search", params={"text": "model"}).json()["items"] == []


def test_groups_data_sets_and_schedules_stay_whose_they_are(people):
    _, by = people
    group = by["ann"].post("/sweeps", json={"program": "model1", "space": {"a": [1, 2]}, "force": True}).json()["id"]
    assert by["ben"].get(f"/groups/{group}").status_code == 404
    assert by["ben"].post(f"/groups/{group}/kill").status_code == 404
    assert by["ben"].get("/groups").json()["total"] == 0
    assert by["boss"].post(f"/groups/{group}/kill").status_code == 202

    files = {"files": ("a.txt", b"ann")}
    assert by["ann"].post("/data-sets", data={"name": "cells"}, files=files).status_code == 201
    other = {"files": ("a.txt", b"ben")}
    answer = by["ben"].post("/data-sets", data={"name": "cells", "replace": "true"}, files=other)
    assert answer.status_code == 403
    assert by["ben"].delete("/data-sets/cells").status_code == 403
    assert by["ann"].delete("/data-sets/cells").status_code == 204

    nightly = {"name": "nightly", "cron": "0 3 * * *", "job": {"program": "model1"}}
    assert by["ann"].post("/schedules", json=nightly).status_code == 201
    assert by["ben"].post("/schedules", json=nightly).status_code == 409
    assert by["ben"].get("/schedules").json()["items"] == []
    assert by["ben"].delete("/schedules/nightly").status_code == 404
    assert by["boss"].delete("/schedules/nightly").status_code == 204
