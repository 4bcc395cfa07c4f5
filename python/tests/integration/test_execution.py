"""One run of a program, behind each kind of walls that this machine allows."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fixtures.platform import wait_until
from helpers.runs import Runs, running
from tandem import errors
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import execute


def test_a_program_that_ends_well(runs):
    ending = runs.sh("cat inputs/word; echo oh >&2; cp inputs/word results/")

    assert (ending.exit_code, ending.signal) != (0, None)  # there is no such input

    (runs.folder.inputs / "word").write_text("hello\n")
    ending = runs.sh("cat inputs/word; echo oh >&2; cp inputs/word results/")
    assert (ending.by, ending.exit_code, ending.signal) == ("itself", 0, None)
    assert (runs.log("stdout"), runs.log("stderr")) == (["hello"], ["oh"])
    assert (runs.folder.results / "word").read_text() == "hello\n"
    assert ending.started_at <= ending.finished_at
    assert ending.confinement.by == runs.way


def test_it_ends_with_its_exit_code_or_signal(runs):
    assert (runs.sh("exit 3").exit_code, runs.sh("exit 3").signal) == (3, None)
    ending = runs.sh("kill -SEGV $$")
    assert (ending.by, ending.exit_code, ending.signal) == ("itself", None, 11)


def test_it_has_an_environment_of_its_own(runs, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    runs.sh("env", environment={"WORD": "a b=c", "TANDEM_JOB_ID": "another"}, attempt=2)

    given = dict(line.split("=", 1) for line in runs.log())
    root = runs.folder.root
    assert "AWS_SECRET_ACCESS_KEY" not in given
    assert (given["WORD"], given["TANDEM_JOB_ID"], given["TANDEM_ATTEMPT"]) == ("a b=c", "job-1", "2")
    assert given["CUDA_VISIBLE_DEVICES"] == ""
    assert given["PATH"].startswith(f"{sys.prefix}/bin:")
    assert given["TANDEM_INPUT"] == f"{root}/inputs"
    assert given["TANDEM_OUTPUT"] == f"{root}/results"
    assert {Path(given[name]).is_relative_to(root) for name in ("HOME", "TMPDIR", "PWD", "TANDEM_PROGRESS")} == {True}


def test_it_reads_its_inputs_and_assets_and_changes_none(runs, open_place):
    assets = open_place / "assets"
    assets.mkdir()
    (assets / "main.sh").write_text("echo mine")
    (runs.folder.inputs / "deep").mkdir()
    (runs.folder.inputs / "deep" / "data").write_text("data")

    runs.sh(
        "sh assets/main.sh; cat inputs/deep/data;"
        " for f in inputs/new inputs/deep/data configs/new assets/main.sh /etc/new;"
        " do echo changed > $f && echo changed $f; done; true",
        assets=assets,
    )

    changed = {line for line in runs.log() if line.startswith("changed")}
    assert "mine" in runs.log()
    if os.geteuid() == 0 or runs.way == "bubblewrap":
        assert not changed
    assert not list(runs.folder.root.glob("assets"))  # the link is gone, the files are not
    assert (assets / "main.sh").exists()


def test_it_is_not_root_and_its_folder_is_ours_again(runs):
    ending = runs.sh("id -u; mkdir -m 000 results/closed; touch stray; stat -c %a .")

    uid, mode = runs.log()
    assert int(uid) != 0
    assert ending.confinement.own_user == (os.geteuid() == 0)
    assert mode == "700"
    facts = runs.folder.root.stat()
    assert (facts.st_uid, facts.st_mode & 0o777) == (os.geteuid(), 0o700)
    assert not (runs.folder.root / "stray").exists()
    runs.folder.remove()
    assert not runs.folder.root.exists()


def test_what_it_links_into_its_folder_leads_us_nowhere(runs, open_place):
    secret = open_place / "secret"
    secret.mkdir()
    runs.sh(f"rm -rf results logs; ln -s {secret} results; ln -s {secret} logs; ln -s {secret} provenance.json")

    for part in ("results", "logs"):
        assert not (runs.folder.root / part).is_symlink()
    assert not (runs.folder.root / "provenance.json").is_symlink()
    assert (runs.folder.logs / "stdout.txt").is_file()
    assert not list(secret.iterdir())


def test_it_sees_nothing_of_others_behind_walls(walled, open_place, tmp_path):
    state = open_place / "state"
    (state / "other").mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        walled.run(
            "python3",
            "-c",
            "import os, socket, sys\n"
            f"print('state', os.path.exists('{state}/other'))\n"
            f"print('tmp', os.path.exists('{tmp_path}'))\n"
            "print('home', [n for h in ('/home', '/root') if os.path.isdir(h) for n in os.listdir(h) if n[0] != '.'])\n"
            "print('processes', sum(name.isdigit() for name in os.listdir('/proc')))\n"
            f"print('network', socket.socket().connect_ex(('127.0.0.1', {port})))\n",
            hidden=(state,),
        )
    facts = dict(line.split(" ", 1) for line in walled.log())
    assert (facts["state"], facts["tmp"], facts["home"]) == ("False", "False", "[]")
    assert int(facts["processes"]) <= 3
    assert int(facts["network"]) != 0


def test_the_folder_of_a_run_in_a_hidden_state_is_still_there(open_place):
    state = open_place / "state"
    state.mkdir(mode=0o700)
    assets = state / "programs" / "one"
    assets.mkdir(parents=True)
    (assets / "main.py").write_text("import numpy; print(numpy.arange(3).sum())")
    runs = Runs(state / "jobs", "bubblewrap")

    ending = runs.run(
        "python3", f"{runs.folder.assets}/main.py", hidden=(state, Path(sys.prefix).parent), assets=assets
    )

    assert (ending.exit_code, runs.log("stdout"), runs.log("stderr")) == (0, ["3"], [])


def test_the_network_is_there_for_those_that_ask_for_it(walled):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        assert walled.run("python3", "-c", code, network=True).exit_code == 0
        assert walled.run("python3", "-c", code).exit_code != 0


def test_what_libraries_need_is_there_behind_walls(walled):
    ending = walled.run(
        "python3",
        "-c",
        "import multiprocessing, tempfile, os\n"
        "with multiprocessing.Pool(2) as pool: print(sum(pool.map(abs, range(10))))\n"
        "open('/tmp/here', 'w').write('x'); print(tempfile.gettempdir() == os.environ['TMPDIR'])\n",
    )
    assert (ending.exit_code, walled.log()) == (0, ["45", "True"])


def test_a_program_that_is_not_there_is_not_started(runs):
    with pytest.raises(errors.NotStarted, match="no program 'no-such-program'"):
        runs.run("no-such-program")
    (runs.folder.inputs / "script").write_text("#!/no/such/interpreter\n")
    (runs.folder.inputs / "script").chmod(0o755)
    with pytest.raises(errors.NotStarted, match="script"):
        runs.run("inputs/script")
    assert runs.sh("exit 127").exit_code == 127


def test_words_that_no_program_can_be_given_are_refused(runs):
    with pytest.raises(errors.NotStarted, match="null"):
        runs.sh("echo \0")
    with pytest.raises(errors.NotStarted, match="too long"):
        runs.run("echo", *["word" * 10_000] * 500)


def test_a_listener_that_fails_ends_the_run(runs):
    def fail(lines):
        raise RuntimeError(lines[0].text)

    runs.heard.lines = fail
    with pytest.raises(RuntimeError, match="one 4711"):
        runs.sh("echo one 4711; sleep 4711")
    assert wait_until(lambda: not running("sleep 4711"), 5)
    assert runs.log() == ["one 4711"]


def test_progress_is_told_when_it_changes(runs):
    runs.sh(
        "echo 1/3 reading > $TANDEM_PROGRESS; sleep 1.2; echo writing > $TANDEM_PROGRESS; sleep 0.6;"
        " rm $TANDEM_PROGRESS; ln -s /etc/passwd $TANDEM_PROGRESS"
    )
    assert runs.heard.progresses == [("reading", 1, 3), ("writing", None, None)]


def test_what_it_uses_is_measured_with_its_children(runs):
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"
    ending = runs.sh(
        f"{python} -c 'b = bytearray(80 << 20); import time; time.sleep(0.4)' &"
        f" {python} -c 'b = bytearray(60 << 20); import time; time.sleep(0.4)' &"
        f' ({python} -c \'import time\nwhile time.process_time() < 0.3: pass\nopen("results/done", "w")\' &) ;'
        " wait; while ! [ -e results/done ]; do sleep 0.05; done; sleep 0.3"
    )
    assert 130 << 20 < ending.peak_bytes < 200 << 20
    assert 0.3 <= ending.cpu_s < 1.5


def test_many_run_at_once(open_place):
    all_runs = [Runs(open_place / str(number), "bubblewrap") for number in range(12)]

    def go(runs):
        execute(
            runs.launch("sh", "-c", "sleep 0.3; echo $TANDEM_JOB_ID", job_id=runs.folder.root.parent.name),
            runs.stop,
            runs.heard,
        )

    threads = [threading.Thread(target=go, args=(runs,)) for runs in all_runs]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begin < 3
    assert [runs.log() for runs in all_runs] == [[str(number)] for number in range(12)]


def test_an_earlier_attempt_leaves_nothing(tmp_path):
    folder = RunFolder.make(tmp_path / "run")
    (folder.results / "old").write_text("old")
    subprocess.run(["chmod", "000", folder.results], check=True)
    again = RunFolder.make(tmp_path / "run")
    assert not list(again.results.iterdir())
    assert {path.stat().st_mode & 0o777 for path in (again.root, *again.root.iterdir())} == {0o700}
