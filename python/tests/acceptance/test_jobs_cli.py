"""Jobs from the command line, as a person or a script types it."""

import json
import signal

import pytest

from fixtures.platform import wait_until

ID = 8


@pytest.fixture(scope="module")
def home(job_home):
    """A home whose platform the first command has started."""
    done = job_home.tandem("job", "list")
    assert done.returncode == 0, done.stderr
    assert "Ready in" in done.stderr
    assert "There is no job yet." in done.stderr
    return job_home


def test_a_job_is_submitted_and_waited_for(home):
    done = home.tandem("job", "submit", "double", "a=4", "b=0.5", "--tag", "who=me", "--wait")

    assert done.returncode == 0, done.stderr
    job = done.stdout.strip()
    assert f"double {job[:ID]} is complete; it took" in done.stderr
    assert home.tandem("job", "results", job, "result.json").stdout == '{"double": 8.5}'
    assert home.tandem("job", "logs", job[:ID]).stdout == "doubling 4\n"
    assert home.tandem("job", "results", "@last").stdout.split()[:2] == ["result", "size"]
    assert home.json("job", "show", job)["tags"] == {"who": "me"}
    shown = home.tandem("job", "show", "-").stdout
    assert "COMPLETE" in shown
    assert "a=4, b=0.5" in shown


def test_submit_prints_the_id_and_says_what_to_do_next(home):
    done = home.tandem("job", "submit", "double", "a=40", "--force")

    job = done.stdout.strip()
    assert len(done.stdout.splitlines()) == 1
    assert f"tandem job logs -f {job[:ID]}" in done.stderr
    assert home.tandem("job", "wait", job).returncode == 0
    again = home.tandem("job", "submit", "double", "a=40")
    assert "done before" in again.stderr


def test_a_job_that_fails_tells_its_last_words(home):
    done = home.tandem("job", "submit", "fail", "-w")

    assert done.returncode == 1
    assert "is failed: The program ended with" in done.stderr
    assert "about to fail\n    the model does not converge" in done.stderr
    assert home.tandem("job", "wait", done.stdout.strip()).returncode == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["none"], "none"),
        (["double", "a=x"], "a"),
        (["double", "colour=1"], "colour"),
        (["double", "a"], "not name=value"),
        (["sizes", "-i", "nowhere"], "no file or folder nowhere"),
        (["double", "--cpus", "5000"], "cpus"),
        (["double", "--memory", "much"], "memory"),
        (["double", "--after", "ffffffff"], "ffffffff"),
        (["--command", "sh -c 'exit"], "No closing quotation"),
        ([], "name a program"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(home, words, told):
    done = home.tandem("job", "submit", *words)

    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_files_folders_archives_and_data_sets_are_inputs(home, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a.txt").write_text("12345")
    (tmp_path / "b.txt").write_text("1")
    added = home.tandem("data", "add", "mine", tmp_path / "b.txt", "--description", "one byte")
    assert added.stdout == "'mine' holds 1 file, 1 bytes.\n", added.stderr
    assert "one byte" in home.tandem("data", "list").stdout
    assert "b.txt" in home.tandem("data", "show", "mine").stdout

    job = home.submitted("job", "submit", "sizes", "--input", tmp_path / "in", "--data", "mine", "--wait")

    assert home.tandem("job", "results", job, "sizes.csv").stdout.splitlines()[1:] == ["b.txt,1", "deep/a.txt,5"]
    next_one = home.submitted("job", "submit", "sizes", "--from-job", f"{job[:12]}:sizes.csv", "-w")
    assert "sizes.csv," in home.tandem("job", "results", next_one, "sizes.csv").stdout
    got = home.tandem("job", "results", job, "--get", tmp_path / "out")
    assert (tmp_path / "out" / "raw" / "all.bin").read_bytes() == bytes(range(256))
    assert "2 files" in got.stderr
    refused = home.tandem("job", "results", job, "--get", tmp_path / "out")
    assert (refused.returncode, "overwritten" in refused.stderr) == (2, True)
    assert home.tandem("data", "remove", "mine", "-y").returncode == 0


def test_a_config_file_gives_parameters_and_options_go_over_it(home, tmp_path):
    (tmp_path / "config.yaml").write_text("a: 1\nb: 2\n")

    job = home.submitted("job", "submit", "double", "b=7", "--config", tmp_path / "config.yaml", "-w")

    assert home.json("job", "show", job)["parameters"] == {"a": 1, "b": 7}


def test_a_job_is_followed_and_killed(home):
    job = home.submitted("job", "submit", "stay", "seconds=50")
    with home.attached("job", "logs", "-f", "--stream", "stdout", job) as following:
        assert following.stdout.readline() == "staying\n"

        killed = home.tandem("job", "kill", job[:ID])

        assert killed.returncode == 0, killed.stderr
        assert following.wait(20) == 0
    assert home.json("job", "show", job)["state"] == "KILLED"
    assert "has ended already" in home.tandem("job", "kill", job).stdout


def test_who_stops_waiting_does_not_stop_the_job(home):
    job = home.submitted("job", "submit", "stay", "seconds=55")
    with home.attached("job", "wait", job) as waiting:
        while "running" not in (line := waiting.stdout.readline()):
            assert line

        waiting.send_signal(signal.SIGINT)

        assert waiting.wait(20) == 130
        assert "goes on without you" in waiting.stdout.read()
    assert home.json("job", "show", job)["state"] == "RUNNING"
    home.tandem("job", "kill", job)


def test_jobs_are_listed_by_what_they_are_and_by_pages(home):
    for number in range(3):
        home.submitted("job", "submit", "double", f"a={number}", "--tag", "set=three", "--force")

    listed = home.json("job", "list", "--tag", "set=three", "-n", "2")
    assert (len(listed["items"]), listed["total"]) == (2, 3)
    rest = home.json("job", "list", "--tag", "set=three", "-n", "2", "--cursor", listed["cursor"])
    assert len(rest["items"]) == 1
    lines = home.tandem("job", "list", "--program", "double", "--since", "1h").stdout.splitlines()
    assert lines[0].split()[:4] == ["job", "state", "name", "program"]
    assert all("double" in line for line in lines[1:])
    assert home.tandem("job", "list", "--state", "EXPIRED").stdout == ""


def test_a_sweep_is_run_and_tabled(home, tmp_path):
    done = home.tandem("sweep", "run", "double", "a=0..4", "b=0,100", "--reduce", "total", "--wait")

    assert done.returncode == 0, done.stderr
    sweep = done.stdout.strip()
    assert "10 complete" in done.stderr
    rows = home.json("sweep", "table", sweep)
    assert len(rows) == 10
    assert home.tandem("sweep", "table", "@last", "--csv", tmp_path / "table.csv").returncode == 0
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 11
    assert "10: 10 complete" in home.tandem("sweep", "show", sweep[:ID]).stdout
    assert sweep[:ID] in home.tandem("sweep", "list").stdout
    assert home.tandem("sweep", "wait", sweep).returncode == 0
    fetched = home.tandem("sweep", "download", sweep, tmp_path / "all")
    assert len(list((tmp_path / "all").glob("*/result.json"))) == 10, fetched.stderr
    assert home.tandem("sweep", "delete", sweep, "-y").returncode == 0
    assert home.tandem("sweep", "show", sweep).returncode == 2


def test_a_sweep_whose_jobs_fail_says_which(home, tmp_path):
    (tmp_path / "arms.yaml").write_text("- {seconds: [60, 61]}\n- {seconds: [62]}\n")
    assert home.tandem("sweep", "run", "fail", "--folds", "2", "--wait").returncode == 2  # fail takes no parameters
    sweep = home.submitted("sweep", "run", "stay", "--arms", tmp_path / "arms.yaml", "--limit-cpu-hours", "2")

    assert home.json("sweep", "show", sweep)["total"] == 3
    assert home.tandem("sweep", "kill", sweep).returncode == 0
    assert home.tandem("sweep", "wait", sweep).returncode == 1


def test_jobs_are_scheduled_searched_retried_and_deleted(home):
    home.submitted("job", "submit", "double", "a=31337", "-w")
    added = home.tandem("job", "schedule", "add", "often", "*/5 * * * *", "double", "a=1")
    assert added.returncode == 0, added.stderr
    assert "often" in home.tandem("job", "schedule", "list").stdout
    assert home.tandem("job", "schedule", "remove", "often").returncode == 0

    assert "doubling 31337" in home.tandem("job", "search", "doubling 31337").stdout
    again = home.submitted("job", "retry", "@last")
    assert home.tandem("job", "wait", again).returncode == 0
    asked = home.tandem("job", "delete", again)
    assert asked.returncode == 1
    assert home.tandem("job", "delete", again, "-y").returncode == 0
    assert home.tandem("job", "show", again).returncode == 2


def test_a_list_is_watched(home):
    job = home.submitted("job", "submit", "double", "a=5", "--force")

    with home.attached("job", "list", "--watch") as watching:
        while not (line := watching.stdout.readline()).startswith(f"{job} COMPLETE"):
            assert line
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 130


def test_a_gateway_elsewhere_is_used_as_the_one_here(home):
    url = home.plan.gateway_url

    done = home.tandem("job", "submit", "double", "a=8", "-w", TANDEM_URL=url, TANDEM_HOME=str(home.layout.home / "x"))

    assert done.returncode == 0, done.stderr
    away = home.tandem("job", "list", TANDEM_URL="http://127.0.0.1:9")
    assert (away.returncode, "http://127.0.0.1:9" in away.stderr) == (1, True)


def test_json_is_json(home):
    assert isinstance(json.loads(home.tandem("job", "list", "--json").stdout)["items"], list)
    assert isinstance(home.json("data", "list"), list)
    assert isinstance(home.json("sweep", "list"), list)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--queues", ""], "TANDEM_RUNNER_QUEUES"),
        (["--queues", "extra,No Queue"], "'No Queue'"),
        (["--cpus", "0"], "TANDEM_RUNNER_CPUS"),
        (["--memory", "much"], "--memory"),
    ],
)
def test_a_runner_that_could_take_nothing_says_why(home, words, told):
    done = home.tandem("runner", *words)

    assert (done.returncode, told in done.stdout + done.stderr) == (2, True), done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_runner_takes_jobs_of_its_queues(home):
    words = ("job", "submit", "double", "a=6", "--queue", "extra", "--force")
    assert "runners take from: default" in home.tandem(*words).stderr

    with home.attached("runner", "--queues", "extra", "--cpus", "1", "--memory", "1GB") as runner:
        assert wait_until(lambda: home.tandem(*words, "--wait").returncode == 0, 60)
        assert home.json("job", "show", "@last")["queue"] == "extra"
        runner.send_signal(signal.SIGINT)
        runner.wait(20)
        assert "Traceback" not in runner.stdout.read()
