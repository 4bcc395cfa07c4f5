"""Job queues in SQS: made in development, waited for elsewhere."""

import json
from uuid import uuid4

import pytest

from tandem.jobs.dispatch import Dispatch
from tandem.jobs.queues import open_job_queue, queue_name
from tandem.jobs.spec import Spec, file_of_command
from tandem.jobs.wishes import Resources
from tandem.records.bundle import open_records
from tandem.records.jobs import NewJob


@pytest.fixture
def records(tmp_path, moto_server):
    return open_records(moto_server.settings(database_url_given=f"sqlite:///{tmp_path / 'record.sqlite'}"))


def a_job(queue):
    spec = Spec.of(file_of_command(["true"]), Resources(), experiment=None)
    return NewJob(
        run_id=str(uuid4()),
        key="key",
        name="job",
        program="command",
        version="",
        queue=queue,
        priority="normal",
        owner="",
        parameters={},
        spec=spec.model_dump(mode="json"),
    )


def test_in_development_a_missing_queue_is_made(moto_server, records, fresh_name):
    settings = moto_server.settings(queue_url="sqs://jobs")
    job = a_job(fresh_name)
    records.jobs.add([job])
    assert Dispatch(settings, records).send_ready() == 1
    [lease] = open_job_queue(settings, fresh_name, "normal").receive(1, 1)
    assert json.loads(lease.body) == {"job": job.run_id}


def test_elsewhere_jobs_wait_in_the_record_until_their_queue_is_there(
    moto_server, records, fresh_name, caplog, monkeypatch
):
    for name, value in moto_server.environment.items():
        monkeypatch.setenv(name, value)
    settings = moto_server.settings(queue_url="sqs://jobs", cluster_env_given="staging")
    other = f"{fresh_name}-other"
    moto_server.create_queue(queue_name(settings, other, "normal"))
    records.jobs.add([a_job(fresh_name), a_job(other)])
    dispatch = Dispatch(settings, records)

    assert dispatch.send_ready() == 1
    assert f"The queue {queue_name(settings, fresh_name, 'normal')} does not exist yet" in caplog.text
    moto_server.create_queue(queue_name(settings, fresh_name, "normal"))
    assert dispatch.send_ready() == 1
    assert dispatch.send_ready() == 0
