"""Jobs from Python, on a platform of their own."""

import time
from pathlib import Path

import pytest

from tandem import Client
from tandem.errors import EndedWithoutResult, GatewayRefused, StillOpen, UsageError
from tandem.states import State


@pytest.fixture(scope="module")
def client(job_home):
    """A client of a platform that a script has started by using it."""
    code = "from tandem import Client; job = Client().run('double', a=21); print(job.wait().read('result.json'))"
    done = job_home.python(code)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == ["{'double': 42}"]
    assert done.stderr.startswith(f"Starting Tandem in {job_home.layout.home}.\nReady in ")
    assert done.stderr.endswith(": complete\n")
    with Client(job_home.plan.gateway_url) as client:
        yield client


def test_a_job_is_run_followed_and_read(client):
    job = client.run("double", a=3, b=0.5, name="mine", tags={"who": "me"})

    assert job.wait(timeout=30, quiet=True).state is State.COMPLETE
    assert job.read("result.json") == {"double": 6.5}
    assert [str(line) for line in job.log()] == ["doubling 3"]
    assert [item["path"] for item in job.results()] == ["result.json"]
    assert (job.name, job.program, job.parameters, job.tags["who"]) == ("mine", "double", {"a": 3, "b": 0.5}, "me")
    assert repr(job) == f"<Job {job.id[:8]} mine COMPLETE>"
    assert "mine" in job._repr_html_()
    assert client.job(job.id[:10]).id == client.job("last").id == job.id
    assert [one.id for one in client.jobs(tags={"who": "me"})] == [job.id]


def test_the_same_again_is_there_at_once(client):
    first = client.run("double", a=77).wait(quiet=True)

    again = client.run("double", a=77)
    anew = client.run("double", a=77, force=True)

    assert (again.state, again.facts["cachedFrom"]) == (State.COMPLETE, first.id)
    assert again.read("result.json") == {"double": 154}
    assert anew.wait(quiet=True).facts["cachedFrom"] is None


def test_files_folders_and_results_of_jobs_are_read(client, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("12345")
    (tmp_path / "in" / "deep" / "b c.txt").write_text("123")
    (tmp_path / "more.txt").write_text("1")
    before = client.run("double", a=1)

    job = client.run("sizes", inputs=[tmp_path / "in", str(tmp_path / "more.txt"), before])

    sizes = job.result("sizes.csv")
    assert dict(zip(sizes["file"], sizes["size"], strict=True)) == {
        "a.txt": 5,
        "deep/b c.txt": 3,
        "more.txt": 1,
        "result.json": len('{"double": 2}'),
    }
    assert job.read("raw/all.bin") == bytes(range(256))


def test_results_are_fetched_and_nothing_is_overwritten(client, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    job = client.run("sizes", inputs=tmp_path / "a.txt").wait(quiet=True)

    found = job.download(tmp_path / "out")

    assert sorted(path.relative_to(tmp_path).as_posix() for path in found) == ["out/raw/all.bin", "out/sizes.csv"]
    with pytest.raises(UsageError, match="overwritten"):
        job.download(tmp_path / "out")
    assert job.download(tmp_path / "out", overwrite=True) == found


def test_a_job_that_fails_says_why_when_it_is_asked(client):
    job = client.run("fail").wait(timeout=30, quiet=True)

    assert job.state is State.FAILED
    assert [str(line) for line in job.log(stream="stderr")][-1] == "the model does not converge"
    with pytest.raises(EndedWithoutResult, match=r"fail .* is FAILED: The program ended with"):
        job.result()
    again = job.retry()
    assert again.id != job.id
    again.wait(timeout=30, quiet=True)
    again.delete()
    with pytest.raises(GatewayRefused):
        again.refresh()


def test_a_job_that_stays_is_followed_and_killed(client):
    job = client.run("stay")
    with pytest.raises(StillOpen, match="stay"):
        job.wait(timeout=0.2, quiet=True)
    followed = job.log(follow=True)
    assert str(next(followed)) == "staying"

    job.kill()

    assert job.wait(timeout=5, quiet=True).state is State.KILLED
    assert all(line.stream == "stderr" for line in followed)


def test_one_job_waits_for_another(client):
    first = client.run("stay", seconds=1)
    second = client.run("double", a=5, after=first, force=True)

    assert client.wait([first, second], timeout=30, quiet=True) == [first, second]
    assert second.state is State.COMPLETE
    assert second.facts["startedAt"] >= first.facts["finishedAt"]


def test_a_command_of_ones_own(client):
    job = client.command(["python3", "-c", "print(6 * 7)"])

    assert job.wait(timeout=30, quiet=True).state is State.COMPLETE
    assert [str(line) for line in job.log()] == ["42"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"program": "none"}, "none"),
        ({"program": "double", "a": "x"}, "a"),
        ({"program": "double", "colour": 1}, "colour"),
        ({"program": "double", "cpus": 5000}, "cpus"),
        ({"program": "sizes", "inputs": {"data": "nothing"}}, "nothing"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(client, options, told):
    before = client.page_of_jobs(limit=1).total

    with pytest.raises(GatewayRefused, match=told) as refused:
        client.run(**options)

    assert 400 <= refused.value.status < 500
    assert client.page_of_jobs(limit=1).total == before


def test_a_broken_archive_is_refused(client, tmp_path):
    (tmp_path / "bad.zip").write_text("no zip")

    with pytest.raises(GatewayRefused, match=r"bad\.zip"):
        client.run("sizes", archive=tmp_path / "bad.zip")


def test_a_sweep_gives_a_table(client):
    sweep = client.sweep("double", a=range(3), b=[0, 10], reduce="total", tags={"set": "one"})

    assert sweep.wait(timeout=60, quiet=True).state is State.COMPLETE
    table = sweep.table()
    assert len(table) == 6
    doubles = table[next(column for column in table.columns if column.endswith("double"))]
    assert sorted(doubles) == [0, 2, 4, 10, 12, 14]
    assert len(sweep.jobs("COMPLETE")) == 6
    reduced = sweep.reduced
    assert reduced is not None
    assert reduced.result(timeout=30) == {"total": 42}
    assert client.find_sweep("last").id == sweep.id
    assert repr(sweep).endswith("COMPLETE: 6 of 6 ended: 6 complete>")


def test_cases_are_rows_of_a_file(client, tmp_path):
    (tmp_path / "cases.csv").write_text("a,b\n1,2\n3,4.5\n")
    (tmp_path / "cases.yaml").write_text("- {a: 5}\n- {a: 6}\n")

    of_csv = client.sweep("double", cases=tmp_path / "cases.csv").wait(timeout=60, quiet=True)
    of_yaml = client.sweep("double", cases=str(tmp_path / "cases.yaml")).wait(timeout=60, quiet=True)

    assert sorted(job.read("result.json")["double"] for job in of_csv.jobs()) == [4, 10.5]
    assert sorted(job.read("result.json")["double"] for job in of_yaml.jobs()) == [10, 12]


def test_each_entry_of_a_folder_is_a_job(client, tmp_path):
    for name, size in {"one.txt": 1, "two.txt": 2, "three/a.txt": 3, "three/b.txt": 4}.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("x" * size)

    sweep = client.sweep("sizes", fan_out=tmp_path / "in").wait(timeout=60, quiet=True)

    files = sorted(list(job.read("sizes.csv")["file"]) for job in sweep.jobs())
    assert files == [["a.txt", "b.txt"], ["one.txt"], ["two.txt"]]
    paths = sweep.download(tmp_path / "out")
    assert len(paths) == len({path.parent for path in paths if path.name == "sizes.csv"}) * 2 == 6


def test_a_sweep_is_killed_and_run_again(client):
    sweep = client.sweep("stay", seconds=[60, 61, 62])

    sweep.kill()
    assert sweep.wait(timeout=10, quiet=True).state is State.KILLED
    sweep.retry()
    assert not sweep.ended
    sweep.kill().wait(timeout=10, quiet=True)
    sweep.delete()
    with pytest.raises(GatewayRefused):
        sweep.refresh()


def test_data_sets_are_kept_under_names(client, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("12345")

    client.add_data("mine", tmp_path / "in")
    client.add_data("mine", tmp_path / "in")
    (tmp_path / "in" / "b.txt").write_text("1")

    with pytest.raises(GatewayRefused, match="mine"):
        client.add_data("mine", tmp_path / "in")
    assert client.add_data("mine", tmp_path / "in", replace=True)["files"] == 2
    assert [one["name"] for one in client.data_sets()] == ["mine"]
    assert list(client.run("sizes", inputs={"data": "mine"}).result("sizes.csv")["size"]) == [5, 1]
    client.remove_data("mine")
    assert client.data_sets() == []


def test_what_ended_is_told_once(client):
    cursor = client.latest()
    job = client.run("double", a=1234).wait(quiet=True)

    seen, ended = [], False
    while not ended:
        time.sleep(0.1)
        changes = client.changes(after=cursor)
        cursor = changes.cursor
        seen += [one.id for one in changes.jobs]
        ended = job.id in seen
    assert seen.count(job.id) == 1


def test_programs_say_what_they_take(client):
    assert {"double", "sizes", "total"} <= {program["name"] for program in client.programs()}
    assert client.program("double")["parameters"]["properties"]["a"]["default"] == 1


def test_jobs_are_scheduled(client):
    client.schedule("nightly", "0 6 * * *", "double", zone="Europe/Berlin", parameters={"a": 3})

    assert [(one["name"], one["cron"]) for one in client.schedules()] == [("nightly", "0 6 * * *")]
    client.unschedule("nightly")
    assert client.schedules() == []


def test_logs_are_searched(client):
    job = client.run("double", a=987654).wait(quiet=True)

    assert job.id in {hit["job"] for hit in client.search("doubling 987654")}


def test_a_large_file_is_sent_without_being_read_into_memory(job_home, client, tmp_path):
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(300_000_000)
    code = (
        "import resource, sys; from tandem import Client; client = Client()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "job = client.run('sizes', inputs=sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, job.id)"
    )

    done = job_home.python(code, str(big))

    assert done.returncode == 0, done.stderr
    more_kb, job = done.stdout.split()
    assert int(more_kb) < 60_000
    assert list(client.job(job).result("sizes.csv")["size"]) == [300_000_000]
    assert Path(big).exists()
