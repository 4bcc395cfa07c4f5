"""Jobs over HTTP: handed in, followed, ended, and what they leave."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from fixtures.jobs_api import JobsApi
from fixtures.stack import wait_for
from tandem.stores.folder import FolderStore


def zipped(**files: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_a_job_runs_and_leaves_its_log_results_and_provenance(jobs_api: JobsApi):
    told = jobs_api.command(
        "sh",
        "-c",
        "echo one; echo two >&2; cd results; echo 42 > answer.txt; mkdir a; cp answer.txt a/b.txt; sleep 0.5",
    )

    ended = jobs_api.ended(told["id"])
    log = jobs_api.http.get(f"/jobs/{told['id']}/log").json()
    files = jobs_api.http.get(f"/jobs/{told['id']}/results").json()

    assert (ended["state"], ended["exitCode"], ended["attempt"]) == ("COMPLETE", 0, 1)
    assert ended["queuedAt"] <= ended["startedAt"] <= ended["finishedAt"]
    assert {(line["stream"], line["text"]) for line in log["items"]} == {("stdout", "one"), ("stderr", "two")}
    assert [(one["path"], one["size"]) for one in files["items"]] == [("a/b.txt", 3), ("answer.txt", 3)]
    assert files["complete"] is True
    assert jobs_api.http.get(f"/jobs/{told['id']}/results/a/b.txt").text == "42\n"
    assert ended["provenance"]["command"][0] == "sh"
    assert ended["peakBytes"] > 0
    assert ended["cost"]["cpuHours"] > 0
    assert len(ended["attempts"]) == 1
    text = jobs_api.http.get(f"/jobs/{told['id']}/log.txt?stream=stdout").text
    assert text.endswith("Z one\n")
    assert text.startswith(f"{datetime.now(UTC):%Y}-")


def test_results_come_in_ranges_and_as_an_archive(jobs_api: JobsApi):
    told = jobs_api.command("sh", "-c", "printf 0123456789 > results/x; : > results/empty")
    jobs_api.ended(told["id"])
    place = f"/jobs/{told['id']}/results/x"

    def ask(wanted: str) -> httpx.Response:
        return jobs_api.http.get(place, headers={"Range": wanted})

    assert (ask("bytes=2-4").status_code, ask("bytes=2-4").text) == (206, "234")
    assert ask("bytes=2-4").headers["Content-Range"] == "bytes 2-4/10"
    assert ask("bytes=-3").text == "789"
    assert ask("bytes=7-").text == "789"
    assert ask("bytes=5-99").text == "56789"
    assert ask("bytes=10-").status_code == 416
    assert ask("bytes=4-2").status_code == 416
    assert ask("lines=1-2").text == "0123456789"
    with zipfile.ZipFile(io.BytesIO(jobs_api.http.get(f"/jobs/{told['id']}/output.zip").content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {"x": b"0123456789", "empty": b""}
    assert jobs_api.http.get(f"/jobs/{told['id']}/results/empty").content == b""
    assert jobs_api.http.get(f"/jobs/{told['id']}/results/../../x").status_code == 404


def test_inputs_are_sent_as_files_and_folders(jobs_api: JobsApi):
    job = {"command": ["sh", "-c", "cd inputs; find . -type f | sort; cat a.txt"], "cpus": 0.1, "memory": "100MB"}
    files = [("files", ("a.txt", b"alpha\n")), ("files", ("folder/b.txt", b"beta"))]

    sent = jobs_api.http.post("/jobs", data={"job": json.dumps(job)}, files=files)
    ended = jobs_api.ended(sent.json()["id"])

    assert sent.status_code == 202
    assert [entry["path"] for entry in ended["inputs"]] == ["a.txt", "folder/b.txt"]
    said = [line["text"] for line in jobs_api.http.get(f"/jobs/{ended['id']}/log").json()["items"]]
    assert said == ["./a.txt", "./folder/b.txt", "alpha"]


def test_an_equal_job_has_its_results_at_once_and_says_so(jobs_api: JobsApi):
    first = jobs_api.submit(program="model1", parameters={"a": 7})
    jobs_api.ended(first["id"])

    again = jobs_api.http.post("/jobs", json={"program": "model1", "parameters": {"a": 7}})
    anew = jobs_api.http.post("/jobs", json={"program": "model1", "parameters": {"a": 7}, "force": True})
    other = jobs_api.http.post("/jobs", json={"program": "model1", "parameters": {"a": 8}})

    assert (again.status_code, anew.status_code, other.status_code) == (200, 202, 202)
    assert first["id"] in again.json()["message"]
    second = again.json()["job"]
    assert (second["state"], second["cachedFrom"]) == ("COMPLETE", first["id"])
    assert second["id"] != first["id"]
    assert jobs_api.http.get(f"/jobs/{second['id']}/results/result.json").json()["a"] == 7
    assert jobs_api.ended(anew.json()["id"])["cachedFrom"] is None
    # Whoever deletes the first one takes nothing from the second.
    assert jobs_api.http.delete(f"/jobs/{first['id']}").status_code == 204
    assert jobs_api.http.get(f"/jobs/{second['id']}/results/result.json").json()["a"] == 7
    assert jobs_api.http.get(f"/jobs/{first['id']}").status_code == 404


@pytest.mark.parametrize(
    ("wish", "status", "words"),
    [
        ({"program": "nothing"}, 404, "no program 'nothing'"),
        ({"program": "model1", "parameters": {"a": "x"}}, 422, "parameter a"),
        ({"program": "model1", "parameters": {"z": 1}}, 422, "no such parameter"),
        ({"program": "model1", "cpus": 1000}, 422, "cpus = 1000"),
        ({"program": "model1", "memory": "900TB"}, 422, "memory"),
        ({"program": "model1", "memory": "much"}, 422, "memory"),
        ({"program": "model1", "queue": "nowhere"}, 422, "queue"),
        ({"program": "model1", "after": ["0123456789"]}, 422, "no job '0123456789'"),
        ({"program": "model1", "inputs": [{"data": "nobody"}]}, 404, "no data set 'nobody'"),
        ({"program": "model1", "inputs": [{"url": "file:///etc/passwd"}]}, 422, "file:///etc/passwd"),
        ({"program": "model1", "inputs": [{"url": "http://127.0.0.1:1/x"}]}, 422, "127.0.0.1"),
        ({"program": "model1", "experiment": "demo"}, 422, "experiment"),
        ({"program": "sleep_count"}, 422, "sleep_count"),
        ({"program": "cluster_means", "experiment": "../x"}, 422, "no experiment"),
        ({"program": "model1", "unknown": 1}, 422, "unknown"),
        ({"program": "model1", "tags": {"a=b": "c"}}, 422, "tags"),
        ({}, 422, "program or a command"),
        ([], 422, "JSON object"),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_field_and_the_reason(jobs_api: JobsApi, wish, status, words):
    before = jobs_api.http.get("/jobs").json()["total"]

    answer = jobs_api.http.post("/jobs", json=wish)

    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]
    assert jobs_api.http.get("/jobs").json()["total"] == before


def test_files_that_mean_harm_leave_nothing_behind(jobs_api: JobsApi):
    job = json.dumps({"command": ["true"]})
    bad = [
        ("archive", ("bad.zip", b"this is no archive")),
        ("archive", ("evil.zip", zipped(**{"../../evil": "x"}))),
        ("files", ("../evil.txt", b"x")),
        ("files", ("/etc/evil", b"x")),
    ]
    for file in bad:
        answer = jobs_api.http.post("/jobs", data={"job": job}, files=[file])
        assert answer.status_code == 422, (file, answer.text)
        assert "\n" not in answer.json()["detail"]
    assert not list((jobs_api.folder / ".tandem" / "jobs" / "uploads").glob("*"))
    assert not list(jobs_api.folder.rglob("evil*"))


def test_lists_are_filtered_and_read_on_from_a_cursor(jobs_api: JobsApi):
    group = jobs_api.sweep(program="model1", space={"a": list(range(50, 57))}, tags={"kind": "listed"})
    jobs_api.group_ended(group["id"])

    seen, cursor = [], None
    while True:
        asked = {"group": group["id"], "limit": 3} | ({"cursor": cursor} if cursor else {})
        told = jobs_api.http.get("/jobs", params=asked).json()
        seen += [job["tags"]["a"] for job in told["data"]]
        cursor = told["cursor"]
        if cursor is None:
            break

    assert seen == ["56", "55", "54", "53", "52", "51", "50"]
    assert told["total"] == 7

    def number(**asked: object) -> int:
        return int(jobs_api.http.get("/jobs", params=asked).json()["total"])

    assert number(tag=["kind=listed", "a=51"]) == 1
    assert number(tag="kind=listed", state="FAILED") == 0
    assert number(tag="kind=listed", state=["COMPLETE", "FAILED"]) == 7
    assert number(tag="kind=listed", program="iris") == 0
    assert number(tag="kind=listed", until="2020-01-01T00:00:00Z") == 0
    assert number(search="model1 a=53") == 1


def test_a_browser_is_led_to_the_page_and_programs_get_data(jobs_api: JobsApi):
    as_browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    listed = jobs_api.http.get("/jobs", headers=as_browser)

    assert (listed.status_code, listed.headers["Location"]) == (303, "/#jobs")
    assert isinstance(jobs_api.http.get("/jobs", headers={"Accept": "application/json"}).json()["data"], list)


def test_the_scripts_of_an_earlier_system_work(jobs_api: JobsApi):
    files = {"zip_file": ("n.zip", zipped(sleep_count="1"))}
    sent = jobs_api.http.post("/jobs", data={"job_name": "mine", "model": "sleep_count"}, files=files)

    assert sent.json()["message"].startswith("OK")
    ended = jobs_api.ended(sent.json()["id"])
    assert (ended["status"], ended["name"], ended["model"], ended["uuid"]) == (
        *("COMPLETE", "mine", "sleep_count"),
        sent.json()["id"],
    )
    with zipfile.ZipFile(io.BytesIO(jobs_api.http.get(f"/jobs/{ended['id']}/output.zip").content)) as archive:
        assert archive.read("output.txt").strip() == b"output"
    # The same again runs again.
    again = jobs_api.http.post("/jobs", data={"job_name": "mine", "model": "sleep_count"}, files=files)
    assert again.status_code == 202
    jobs_api.ended(again.json()["id"])
    bad = jobs_api.http.post(
        "/jobs", data={"job_name": "bad", "model": "sleep_count"}, files={"zip_file": ("bad.zip", b"no")}
    )
    assert bad.status_code == 422
    # What a job reads by an address is the same in every form.
    address = "s3://jobs-development-000000000000/runs/00000000/results.zip"
    form = {"model": (None, "sleep_count"), "zip_url": (None, address)}
    others = jobs_api.http.post("/jobs", files=form)
    assert (others.status_code, "by their ids" in others.text) == (422, True), others.text


def test_a_job_is_killed_where_it_runs_and_where_it_waits(jobs_api: JobsApi):
    running = jobs_api.http.post(
        "/jobs", data={"job_name": "a", "model": "sleep_count"}, files={"zip_file": ("n.zip", zipped(sleep_count="30"))}
    ).json()["id"]
    waiting = [
        jobs_api.http.post(
            "/jobs",
            data={"job_name": "b", "model": "sleep_count"},
            files={"zip_file": ("n.zip", zipped(sleep_count="1"))},
        ).json()["id"]
        for _ in range(2)
    ]
    jobs_api.until(running, ("RUNNING",))

    assert jobs_api.http.get(f"/jobs/{running}/kill").status_code == 405
    assert jobs_api.http.get(f"/jobs/{running}/kill").headers["Allow"] == "POST"
    assert jobs_api.http.post(f"/jobs/{waiting[0]}/kill").json()["state"] == "KILLED"
    assert jobs_api.http.post(f"/jobs/{running}/kill").status_code == 202
    assert jobs_api.ended(running, within_s=10)["state"] == "KILLED"
    assert jobs_api.http.post(f"/jobs/{running}/kill").status_code == 409
    assert jobs_api.ended(waiting[1])["state"] == "COMPLETE"
    retried = jobs_api.http.post(f"/jobs/{waiting[0]}/retry")
    assert retried.status_code == 202
    assert jobs_api.ended(retried.json()["id"])["state"] == "COMPLETE"
    assert retried.json()["tags"]["retryOf"] == waiting[0]


def test_a_sweep_makes_a_group_with_a_table_and_a_sum(jobs_api: JobsApi):
    group = jobs_api.sweep(
        program="model1", name="five", space={"a": [0, 1, 2, 3, 4]}, reduce={"program": "model1_sum"}, force=True
    )

    ended = jobs_api.group_ended(group["id"])
    table = jobs_api.http.get(f"/groups/{group['id']}/table").json()
    sums = jobs_api.ended(ended["reduceJob"])

    assert ended["counts"] == {"COMPLETE": 5}
    column = {name: [row[at] for row in table["rows"]] for at, name in enumerate(table["columns"])}
    assert column["a"] == column["result.a"] == [0, 1, 2, 3, 4]
    assert sums["findings"]["sum.sum"] == 510
    lines = jobs_api.http.get(f"/groups/{group['id']}/table?format=csv").text.splitlines()
    assert (len(lines), lines[0].split(",")[:3]) == (6, ["id", "name", "state"])
    bars = jobs_api.http.get(f"/groups/{group['id']}/timeline").json()["items"]
    assert len(bars) == 5
    assert all(bar["slot"] is not None for bar in bars)
    assert ended["cost"]["cpuHours"] > 0
    assert jobs_api.http.post(f"/groups/{group['id']}/kill").json() == {"jobs": 0}  # neither a job nor its sum
    assert jobs_api.http.delete(f"/groups/{group['id']}").status_code == 204
    assert jobs_api.http.get("/jobs", params={"group": group["id"]}).json()["total"] == 0


def test_cases_come_from_a_table_and_inputs_one_for_each_job(jobs_api: JobsApi):
    cases = jobs_api.http.post(
        "/sweeps",
        data={"sweep": json.dumps({"program": "model1", "force": True})},
        files={"cases_file": ("cases.csv", "a,b\n1,2\n3,4\n")},
    ).json()
    listed = jobs_api.http.post(
        "/sweeps",
        data={"sweep": json.dumps({"program": "model1", "force": True})},
        files={"cases_file": ("cases.yaml", "- {a: 5}\n- {a: 6}\n- {a: 7}\n")},
    ).json()
    fanned = jobs_api.http.post(
        "/sweeps",
        data={"sweep": json.dumps({"program": "sleep_count", "fanOutFiles": True, "force": True})},
        files=[("files", ("one/sleep_count", b"0")), ("files", ("two/sleep_count", b"0"))],
    )

    assert jobs_api.group_ended(cases["id"])["counts"] == {"COMPLETE": 2}
    rows = jobs_api.http.get(f"/groups/{cases['id']}/table").json()["rows"]
    assert [row[3:5] for row in rows] == [[1, 2], [3, 4]]
    assert jobs_api.group_ended(listed["id"])["total"] == 3
    assert jobs_api.group_ended(fanned.json()["id"])["counts"] == {"COMPLETE": 2}


def test_a_group_is_killed_and_run_again(jobs_api: JobsApi):
    slow = ["sh", "-c", "sleep 30"]
    first = jobs_api.command(*slow)
    group = jobs_api.sweep(program="model1", space={"a": [1, 2, 3]}, after=[first["id"]], force=True)
    waiting = jobs_api.http.get("/jobs", params={"group": group["id"]}).json()["items"]
    assert waiting[0]["waitingFor"] == [first["id"]]

    assert jobs_api.http.post(f"/groups/{group['id']}/kill").json() == {"jobs": 3}
    assert jobs_api.group_ended(group["id"])["counts"] == {"KILLED": 3}
    jobs_api.http.post(f"/jobs/{first['id']}/kill")
    jobs_api.ended(first["id"])
    later = jobs_api.command("true")
    jobs_api.ended(later["id"])
    whole = jobs_api.sweep(program="model1", space={"a": [1, 2, 3]}, after=[later["id"]], force=True)
    assert jobs_api.group_ended(whole["id"])["state"] == "COMPLETE"
    assert jobs_api.http.post(f"/groups/{whole['id']}/retry").json() == {"jobs": 0}


def test_what_ended_is_told_to_each_reader_once(jobs_api: JobsApi):
    cursor = jobs_api.http.get("/jobs/changes?latest=true").json()["cursor"]
    ids = [jobs_api.command("true", force=True)["id"] for _ in range(3)]
    for job_id in ids:
        jobs_api.ended(job_id)

    told = jobs_api.http.get("/jobs/changes", params={"after": cursor}).json()

    assert {job["id"] for job in told["items"]} == set(ids)
    assert jobs_api.http.get("/jobs/changes", params={"after": told["cursor"]}).json()["items"] == []
    assert len(jobs_api.http.get("/jobs/changes", params={"after": cursor}).json()["items"]) == 3


def test_logs_are_searched_over_all_jobs(jobs_api: JobsApi):
    told = jobs_api.command("sh", "-c", "echo the needle_%7 is here; echo nothing")
    jobs_api.ended(told["id"])

    found = jobs_api.http.get("/jobs/search", params={"text": "needle_%7"}).json()["items"]

    assert [(hit["job"], hit["line"]) for hit in found] == [(told["id"], "the needle_%7 is here")]
    assert jobs_api.http.get("/jobs/search", params={"text": "needleX%7"}).json()["items"] == []


def test_data_sets_are_named_and_used_again(jobs_api: JobsApi):
    sent = jobs_api.http.post("/data-sets", data={"name": "counts"}, files=[("files", ("sleep_count", b"0"))])
    other = jobs_api.http.post("/data-sets", data={"name": "counts"}, files=[("files", ("sleep_count", b"1"))])
    same = jobs_api.http.post("/data-sets", data={"name": "counts"}, files=[("files", ("sleep_count", b"0"))])

    assert (sent.status_code, other.status_code, same.status_code) == (201, 409, 201)
    assert [one["name"] for one in jobs_api.http.get("/data-sets").json()["items"]] == ["counts"]
    job = jobs_api.submit(program="sleep_count", inputs=[{"data": "counts"}])
    assert jobs_api.ended(job["id"])["state"] == "COMPLETE"
    made = jobs_api.http.post("/data-sets", json={"name": "made", "source": {"job": job["id"]}})
    assert made.json()["files"] == 1
    assert jobs_api.http.get("/data-sets/made").json()["entries"][0]["path"] == "output.txt"
    assert jobs_api.http.delete("/data-sets/counts").status_code == 204
    assert jobs_api.http.get("/data-sets/counts").status_code == 404
    assert jobs_api.ended(job["id"])["inputs"][0]["path"] == "sleep_count"


def test_programs_are_told_with_their_schema_and_their_faults(jobs_api: JobsApi):
    told = jobs_api.http.get("/programs").json()
    model1 = jobs_api.http.get("/programs/model1").json()

    names = [one["name"] for one in told["items"]]
    assert {"iris", "model1", "pca", "sleep_count"} <= set(names)
    assert model1["parameters"]["properties"]["a"]["type"] == "number"
    assert not any(one["problems"] for one in told["items"])
    assert jobs_api.http.get("/programs/nobody").status_code == 404


def test_a_schedule_is_kept_checked_and_removed(jobs_api: JobsApi):
    wish = {"name": "nightly", "cron": "0 3 * * *", "zone": "Europe/Vienna", "job": {"program": "model1"}}

    kept = jobs_api.http.post("/schedules", json=wish)
    bad = jobs_api.http.post("/schedules", json={**wish, "cron": "every day"})
    unknown = jobs_api.http.post("/schedules", json={**wish, "job": {"program": "nobody"}})

    assert kept.status_code == 201
    assert kept.json()["nextAt"] > datetime.now(UTC).isoformat()
    assert (bad.status_code, unknown.status_code) == (422, 404)
    assert [one["name"] for one in jobs_api.http.get("/schedules").json()["items"]] == ["nightly"]
    assert jobs_api.http.delete("/schedules/nightly").status_code == 204
    assert jobs_api.http.delete("/schedules/nightly").status_code == 404


def test_many_submit_at_once_and_nothing_is_lost(jobs_api: JobsApi):
    def submit(number: int) -> str:
        return str(jobs_api.command("sh", "-c", f"echo {number} > results/n.txt")["id"])

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(submit, range(24)))

    for number, job_id in enumerate(ids):
        assert jobs_api.ended(job_id)["state"] == "COMPLETE"
        assert jobs_api.http.get(f"/jobs/{job_id}/results/n.txt").text == f"{number}\n"


def test_what_a_job_leaves_goes_with_it(jobs_api: JobsApi):
    told = jobs_api.command("sh", "-c", "echo x > results/x")
    jobs_api.ended(told["id"])
    store = FolderStore(jobs_api.folder / "store", "jobs-development-000000000000")
    assert list(store.list(f"runs/{told['id']}/"))
    wait_for(lambda: not list((jobs_api.folder / ".tandem" / "jobs" / "runs").glob(told["id"])), 5, jobs_api.log)

    assert jobs_api.http.delete(f"/jobs/{told['id']}").status_code == 204

    assert not list(store.list(f"runs/{told['id']}/"))
    assert jobs_api.http.get(f"/jobs/{told['id']}/log").status_code == 404
