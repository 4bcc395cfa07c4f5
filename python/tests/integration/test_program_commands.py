"""`tandem program …` as a person types it."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from helpers.programs import EXAMPLES, write_program
from tandem.cli.main import run
from tandem.jobs.programs.library import Library
from tandem.settings import Settings
from tandem.stores import open_store

TANDEM = [sys.executable, "-m", "tandem", "program"]
WITHIN_S = 60
COUNT = (
    'command = ["sh", "{assets}/count.sh", "{n}", "{output}"]\nresults = ["n.txt"]\n[parameters.n]\ntype = "integer"\n'
)
COUNT_SCRIPT = (
    'i=0; while [ $i -lt $1 ]; do echo "line $i"; i=$((i+1)); sleep 0.1; done; echo oops >&2; echo $1 > $2/n.txt\n'
)


@pytest.fixture
def home(tmp_path):
    """A home with one program; its folder of temporary things is its own, so that what is left there is seen."""
    for folder in ("programs", "tmp"):
        (tmp_path / folder).mkdir()
    tmp_path.chmod(0o755)
    write_program(tmp_path / "programs", "count", COUNT, {"count.sh": COUNT_SCRIPT})
    return tmp_path


@pytest.fixture
def environment(home):
    mine = {"TANDEM_HOME": str(home), "TANDEM_PROGRAMS": str(home / "programs"), "TMPDIR": str(home / "tmp")}
    return {**os.environ, **mine}


@pytest.fixture
def call(environment, monkeypatch, capfd):
    """A command in this process, for a process of its own takes a second to begin; what it says and what it ends as."""

    def call_it(*words, code=0, **more):
        with monkeypatch.context() as patch:
            for name, value in {**environment, **more}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["tandem", "program", *words])
            patch.setattr(tempfile, "tempdir", environment["TMPDIR"])
            with pytest.raises(SystemExit) as end:
                run()
        said = "".join(capfd.readouterr())
        assert end.value.code == code, said
        return said

    return call_it


@pytest.fixture
def type_into(environment):
    """A command of its own that somebody types something into."""

    def call_it(typed, *words, code=0, **more):
        done = subprocess.run(
            [*TANDEM, *words],
            env=environment | more,
            input=typed,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call_it


def left_behind(home):
    return [path for path in (home / "tmp").iterdir() if path.name.startswith("tandem-test-")]


def test_a_new_program_is_listed_shown_sound_and_runs(home, call):
    call("new", "mine")
    assert "mine" in call("list")
    shown = call("show", "mine")
    assert re.search(r"skip +integer +0 +from 0 +Lines at the beginning", shown)
    assert "lines.csv" in shown
    assert "mine can be used" in call("check", "mine")
    said = call("test", "mine", "skip=1")
    assert "lines.txt: 2 lines" in said
    assert "mine is complete" in said
    assert re.search(r"lines\.csv +\d+ bytes", said)
    assert left_behind(home) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("test", "none"), "There is no program 'none'. Known programs: count."),
        (("test", "count"), "The parameter n does not fit: it is needed"),
        (("test", "count", "n=x"), "it must be a whole number"),
        (("test", "count", "m=1"), "count has no such parameter; it has: n"),
        (("test", "count", "n"), "'n' is not name=value"),
        (("test", "count", "n=1", "--input", "/none"), "there is no such file or folder"),
        (("save", "count"), "there is no shell's copy of it"),
        (("new", "count"), "is there already"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_leaves_nothing(home, call, words, sentence):
    assert sentence in call(*words, code=2)
    assert left_behind(home) == []


def test_what_is_wrong_is_found_before_it_is_run(home, call):
    write_program(home / "programs", "bad", 'command = ["python3", "{assets}/none.py", "{what}"]\n')
    said = call("check", "bad", code=2)
    assert "none.py, which is not in the program's folder" in said
    assert "{what}, which is neither a place nor a parameter" in said
    write_program(home / "programs", "worse", "nonsense = 1\n")
    assert "cannot be used" in call("check", "worse", code=2)
    assert re.search(r"worse +cannot be used", call("list"))


def test_a_trial_ends_as_a_job_would(home, call):
    said = call("test", "count", "n=2", "--keep")
    assert re.search(r"\d\d:\d\d:\d\d line 1\n", said)
    assert "of CPU" in said
    folder = Path(re.search(r"folder +(/.*)", said)[1])
    assert (folder / "results" / "n.txt").read_text() == "2\n"
    assert "oops" in (folder / "logs" / "stderr.txt").read_text()

    write_program(home / "programs", "fails", 'command = ["sh", "-c", "exit 3"]\n')
    assert "The program ended with exit code 3" in call("test", "fails", code=1)
    write_program(home / "programs", "forgets", 'command = ["true"]\nresults = ["it.txt"]\n')
    assert "not in its results: it.txt" in call("test", "forgets", code=1)
    write_program(home / "programs", "slow", 'command = ["sleep", "60"]\ntime_limit = "0.5s"\n')
    assert "within its time limit of 0.5 s" in call("test", "slow", code=1)


def test_given_inputs_take_the_place_of_the_example(call, home):
    call("new", "mine", "--language", "shell")
    (home / "more.txt").write_text("a\nb\n")
    (home / "folder").mkdir()
    (home / "folder" / "inner.txt").write_text("a\n")
    said = call("test", "mine", "-i", str(home / "more.txt"), "-i", str(home / "folder"))
    assert "more.txt: 2 lines" in said
    assert "inner.txt: 1 lines" in said
    assert "lines.txt" not in said
    (home / "no.csv").write_text("1\n")
    assert "mine needs it, and was given: no.csv" in call("test", "mine", "-i", str(home / "no.csv"), code=2)


def test_an_interrupted_trial_leaves_no_process_and_no_folder(home, environment):
    mark = f"sleep 61.{os.getpid()}"
    write_program(
        home / "programs",
        "tree",
        'command = ["sh", "{assets}/main.sh"]\n',
        {"main.sh": f"({mark} &) ; echo up; {mark}\n"},
    )
    trial = subprocess.Popen([*TANDEM, "test", "tree"], env=environment, stdout=subprocess.PIPE, text=True)
    assert "up" in trial.stdout.readline()
    trial.send_signal(signal.SIGINT)
    assert trial.wait(10) == 130
    trial.stdout.close()
    assert mark not in subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
    assert left_behind(home) == []


def test_a_shell_stands_where_a_run_would_and_its_changes_are_saved(home, call, type_into):
    typed = (
        "./run; cat results/n.txt; touch inputs/x || echo inputs are shut; pwd\n"
        "echo 'echo 7 > $2/n.txt' > assets/count.sh; mkdir assets/more; echo data > assets/more/table.txt\n"
        "./run; cat results/n.txt\n"
    )
    said = type_into(typed, "shell", "count", "n=1")
    assert "line 0" in said
    assert re.search(r"^1$.*^7$", said, re.MULTILINE | re.DOTALL)
    assert "inputs are shut" in said
    program = home / "programs" / "count"
    assert (program / "count.sh").read_text() == COUNT_SCRIPT

    shown = type_into("n\n", "save", "count", code=1)
    assert re.search(r"changed +count\.sh", shown)
    assert re.search(r"new +more/table\.txt", shown)
    assert (program / "count.sh").read_text() == COUNT_SCRIPT

    assert "with changes that are not saved" in type_into("exit\n", "shell", "count", "n=1")
    call("save", "count", "--as", "seven", "-y")
    assert Library(home / "programs").load("seven").file.name == "seven"
    call("save", "count", "-y")
    assert (program / "more" / "table.txt").read_text() == "data\n"
    assert "count is complete" in call("test", "count", "n=1")
    assert "Nothing was changed" in call("save", "count")


def test_a_copy_without_what_makes_it_a_program_is_not_saved(home, call, type_into):
    type_into("rm assets/program.toml\nexit\n", "shell", "count", "n=1")
    assert "program.toml of the copy cannot be read" in call("save", "count", "-y", code=2)
    assert (home / "programs" / "count" / "program.toml").exists()


def test_what_was_changed_in_both_places_is_not_overwritten(home, call, type_into):
    type_into("echo mine >> assets/count.sh; rm assets/program.toml\n", "shell", "count", "n=1")
    (home / "programs" / "count" / "count.sh").write_text("theirs\n")
    assert "count.sh was changed in the program's folder as well" in call("save", "count", "-y", code=2)
    assert (home / "programs" / "count" / "count.sh").read_text() == "theirs\n"
    type_into("cat assets/count.sh\n", "shell", "count", "n=1", "--fresh")
    assert "Nothing was changed" in call("save", "count")


def test_a_published_program_is_found_by_who_has_no_folder_of_it(home, call, tmp_path):
    store = {"TANDEM_STORE_URL": f"file://{home / 'store'}"}
    call("publish", "count", **store)
    elsewhere = store | {"TANDEM_PROGRAMS": str(tmp_path / "none")}
    assert "count" in call("list", **elsewhere)
    assert "count is complete" in call("test", "count", "n=1", **elsewhere)

    settings = Settings.model_validate({"TANDEM_HOME": home, **elsewhere})
    jobs = open_store(settings, "jobs")
    with jobs.get("programs/count/published.json") as body:
        told = json.loads(body.read())
    here = Library(home / "programs").load("count")
    assert told["hash"] == here.hash == Library.of(settings, jobs).load("count").hash
    write_program(tmp_path / "none", "count", 'command = ["true"]\n')
    assert Library.of(settings, jobs).load("count").file.command == ("true",)


def test_an_unsound_program_is_not_published(home, call):
    write_program(home / "programs", "bad", 'command = ["python3", "{assets}/none.py"]\n')
    assert "cannot be used" in call("publish", "bad", code=2)


def test_the_same_run_begins_with_a_file_in_a_simulated_cloud(home, type_into):
    said = type_into("", "test", "pca", "n_components=2", "--cloud", "--keep", TANDEM_PROGRAMS=str(EXAMPLES))
    assert "dropped s3://tandem-trial/me/submissions/trial/submit.json" in said
    assert "2 components explain" in said
    assert "pca is complete" in said
    folder = Path(re.search(r"folder +(/.*)", said)[1])
    [answer] = (folder / "me" / "results").iterdir()
    assert (answer / "process_results" / ".complete").exists()
    assert len((answer / "process_results" / "explained_variance.csv").read_text().splitlines()) == 3
    assert json.loads((answer / "logs" / "status.json").read_text())["state"] == "COMPLETE"
    time.sleep(0.2)
    running = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(home) not in running
