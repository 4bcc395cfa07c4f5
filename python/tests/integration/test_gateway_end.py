"""The gateway is asked to end while clients listen."""

from uuid import uuid4

import httpx

from helpers.job_records import add
from tandem.records.bundle import Records


def test_streams_are_ended_properly_and_nothing_is_logged_as_a_fault(own_gateway):
    own_gateway.start()
    with (
        httpx.stream("GET", f"{own_gateway.url}/events", timeout=20) as first,
        httpx.stream("GET", f"{own_gateway.url}/events", timeout=20) as second,
    ):
        lines = first.iter_lines(), second.iter_lines()
        assert [next(one) for one in lines] == ["retry: 2000", "retry: 2000"]
        own_gateway.stop()
        assert [[line for line in one if line] for one in lines] == [[], []]
    assert "Traceback" not in own_gateway.log.read_text()


def test_a_log_that_is_followed_is_ended_properly_too(own_gateway):
    own_gateway.start()
    records, run_id = Records.of(own_gateway.record._engine), str(uuid4())
    add(records, run_id)
    records.runs.started(run_id, attempt=1)
    with httpx.stream("GET", f"{own_gateway.url}/jobs/{run_id}/log?follow=true", timeout=20) as log:
        assert log.status_code == 200
        own_gateway.stop()
        assert [line for line in log.iter_lines() if line] == []
    said = own_gateway.log.read_text()
    assert "Traceback" not in said
    assert "graceful shutdown exceeded" not in said
