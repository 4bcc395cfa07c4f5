"""Logs of jobs over the API: followed as they are said, and gone on with after a cut."""

import json
from datetime import UTC, datetime

from fixtures.jobs_api import JobsApi


def test_a_log_is_followed_as_it_is_said(jobs_api: JobsApi):
    told = jobs_api.command("sh", "-c", "for i in 1 2 3; do echo line $i; sleep 0.4; done; printf 'a\\rb\\rc\\n'")

    heard, moments = [], []
    with jobs_api.http.stream("GET", f"/jobs/{told['id']}/log?follow=true") as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                heard.append(json.loads(line[6:]))
                moments.append(datetime.now(UTC))

    lines, end = heard[:-1], heard[-1]
    assert [line["text"] for line in lines if not line["passing"]] == ["line 1", "line 2", "line 3", "c"]
    assert end["state"] == "COMPLETE"
    late = [
        (moment - datetime.fromisoformat(line["at"])).total_seconds()
        for line, moment in zip(lines, moments, strict=False)
    ]
    assert max(late) < 5


def test_who_was_cut_off_goes_on_after_the_last_line(jobs_api: JobsApi):
    told = jobs_api.command("sh", "-c", "echo one; echo two; echo three")
    jobs_api.ended(told["id"])
    seconds = jobs_api.http.get(f"/jobs/{told['id']}/log").json()["items"][1]["seq"]

    again = jobs_api.http.get(f"/jobs/{told['id']}/log?follow=true", headers={"Last-Event-ID": str(seconds)}).text
    odd = jobs_api.http.get(f"/jobs/{told['id']}/log?follow=true", headers={"Last-Event-ID": "x"}).text

    assert again.count("event: log") == 1
    assert '"three"' in again
    assert odd.count("event: log") == 3
