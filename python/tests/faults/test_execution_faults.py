"""Programs that misbehave, behind each kind of walls: they end, with all that came of them, and nobody is harmed."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest

from helpers.runs import Runs, running

PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
SOURCE = str(Path(__file__).parents[2] / "src")


@pytest.fixture
def word():
    """A word in the command line of the processes of one test."""
    return f"3{uuid4().int % 10**9}"


def stubborn(word: str) -> str:
    """A script whose children, grandchildren and a daemon ignore the wish that they end."""
    return f"""
        trap '' TERM
        (trap '' TERM; sleep {word} & (trap '' TERM; sleep {word}) & wait) &
        setsid sh -c 'trap "" TERM; (sleep {word} </dev/null >/dev/null 2>&1 &) ; sleep {word}' </dev/null >&- 2>&- &
        setsid env -i sh -c 'trap "" TERM; sleep {word}; true' &
        sleep 0.3; echo ready; sleep {word}; sleep {word}
    """


@pytest.mark.promise(29)
def test_a_kill_ends_all_within_two_seconds(runs, word):
    asked = []

    def kill():
        asked.append(time.monotonic())
        runs.stop.ask("kill")

    ending = runs.sh_until(stubborn(word), runs.says("ready"), kill)

    assert time.monotonic() - asked[0] < 2
    assert ending.by == "kill"
    assert running(word) == []


def test_a_program_that_tidies_up_when_asked_has_the_time(runs):
    script = "trap 'echo tidy; exit 0' TERM; echo ready; while true; do sleep 0.05; done"
    ending = runs.sh_until(script, runs.says("ready"), lambda: runs.stop.ask("kill"))
    assert (ending.by, ending.exit_code, runs.log()) == ("kill", 0, ["ready", "tidy"])


@pytest.mark.promise(29)
def test_the_time_limit_asks_and_then_ends(runs, word):
    begin = time.monotonic()
    ending = runs.sh(stubborn(word), time_s=0.6, grace_s=0.4)
    assert 0.9 < time.monotonic() - begin < 2.5
    assert ending.by == "time"
    assert running(word) == []


@pytest.mark.promise(29)
def test_what_a_program_leaves_behind_ends_with_it(runs, word):
    begin = time.monotonic()
    ending = runs.sh(f"setsid sleep {word} & (sleep {word} &) ; sleep 0.1; echo done")
    assert time.monotonic() - begin < 2
    assert (ending.by, ending.exit_code, runs.log()) == ("itself", 0, ["done"])
    assert running(word) == []


def test_a_program_that_closes_what_it_says_goes_on(runs):
    ending = runs.sh("exec >&- 2>&-; sleep 0.3; touch results/there")
    assert (ending.by, ending.exit_code) == ("itself", 0)
    assert (runs.folder.results / "there").exists()


def test_a_kill_before_the_start_is_heeded(runs, word):
    runs.stop.ask("kill")
    assert runs.sh(f"sleep {word}").by == "kill"
    assert running(word) == []


def test_a_kill_outdoes_a_shutdown(runs, word):
    def stop():
        runs.stop.ask("shutdown")
        runs.stop.ask("kill")

    begin = time.monotonic()
    ending = runs.sh_until(f"trap '' TERM; echo ready; sleep {word}", runs.says("ready"), stop, grace_s=20)
    assert ending.by == "kill"
    assert time.monotonic() - begin < 3


@pytest.mark.promise(29)
def test_a_million_lines_that_return_are_one(walled):
    before = resource.getrusage(resource.RUSAGE_SELF)
    code = "import sys\nfor i in range(1_000_000): sys.stdout.write(f'{i} of a million\\r')\nprint('done')"
    ending = walled.run("python3", "-u", "-c", f"import sys; sys.stdout = open(1, 'w')\n{code}")

    after = resource.getrusage(resource.RUSAGE_SELF)
    assert (ending.exit_code, walled.log()) == (0, ["done"])
    assert (walled.folder.logs / "stdout.txt").stat().st_size < 1000
    assert after.ru_utime - before.ru_utime < 3
    assert len(walled.heard.calls) < 4 * 30 + 2
    assert walled.heard.texts == ["done"]


@pytest.mark.promise(29)
def test_a_flood_of_lines_is_capped(walled):
    ending = walled.sh("yes some words that are said again and again | head -n 2000000; echo the end")
    assert ending.exit_code == 0
    assert walled.log()[-1] == "the end"
    assert (walled.folder.logs / "stdout.txt").stat().st_size < 5_000_000
    assert all(len(call) <= 2002 for call in walled.heard.calls)
    assert walled.heard.texts[-1] == "the end"


@pytest.mark.promise(28)
def test_a_program_that_fills_its_disk_is_stopped(runs):
    ending = runs.sh("while true; do head -c 5000000 /dev/zero >> results/$((n=n+1)); done", disk_bytes=30 << 20)
    assert ending.by == "disk"
    ending = runs.sh("head -c 50000000 /dev/zero > results/much", disk_bytes=10 << 20)
    assert ending.by == "disk"


def test_what_lies_in_tmp_counts(walled):
    ending = walled.sh("head -c 50000000 /dev/zero > /tmp/much; sleep 5", disk_bytes=10 << 20)
    assert ending.by == "disk"


@pytest.mark.promise(28)
def test_a_full_disk_under_the_log_ends_the_run_and_nothing_else(open_place):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    small = open_place / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        small.chmod(0o755)
        ending = Runs(small, "bubblewrap").sh("seq 1000000; sleep 5")
        assert ending.by == "disk"
    finally:
        subprocess.run(["umount", "-l", small], check=True)


@pytest.mark.parametrize(
    "code",
    [
        "b = []\nwhile True: b.append(bytearray(10_000_000))",
        "b = bytearray(20_000_000_000)",
        "import os, time\nfor _ in range(4): os.fork()\nb = bytearray(30_000_000)\ntime.sleep(9)",
    ],
    ids=["step by step", "at once", "together"],
)
def test_a_program_that_takes_too_much_memory_is_stopped(runs, code):
    ending = runs.run(PYTHON, "-c", code, memory_bytes=200 << 20)
    assert ending.by == "memory"


def test_shared_memory_counts_once(runs):
    code = "import os, time\nb = bytearray(100_000_000)\nfor _ in range(3): os.fork()\ntime.sleep(0.7)"
    ending = runs.run(PYTHON, "-c", code, memory_bytes=200 << 20)
    assert (ending.by, ending.exit_code) == ("itself", 0)


@pytest.mark.promise(29)
def test_a_fork_bomb_is_stopped(walled):
    ending = walled.run(
        "python3", "-c", "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass", time_s=1.5, grace_s=0.1
    )
    assert ending.by in ("time", "memory")


@pytest.mark.parametrize("way", ["bubblewrap", "namespaces"])
def test_a_run_dies_with_its_runner(open_place, word, way):
    Runs(open_place, way)
    open_place.joinpath("runner.py").write_text(
        textwrap.dedent(f"""
            import sys
            sys.path[:0] = [{SOURCE!r}, {str(Path(__file__).parents[1])!r}]
            from pathlib import Path
            from helpers.runs import Runs
            runs = Runs(Path({str(open_place)!r}), {way!r})
            runs.heard.lines = lambda lines: print(lines[0].text, flush=True)
            runs.sh({stubborn(word)!r})
        """)
    )
    runner = subprocess.Popen([sys.executable, open_place / "runner.py"], stdout=subprocess.PIPE, text=True)
    with runner:
        assert runner.stdout.readline() == "ready\n"
        assert len(running(word)) > 3
        runner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 2
    while running(word) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running(word) == []


def test_the_program_itself_dies_with_its_runner_where_there_are_no_walls(open_place, word):
    code = f"""
import sys
sys.path[:0] = [{SOURCE!r}, {str(Path(__file__).parents[1])!r}]
from pathlib import Path
from helpers.runs import Runs
runs = Runs(Path({str(open_place)!r}), "process group")
runs.heard.lines = lambda lines: print(lines[0].text, flush=True)
runs.sh("echo ready; exec sleep {word}")
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout.readline() == "ready\n"
        (sleeper,) = [pid for pid in running(word) if pid != runner.pid]
        runner.kill()
    deadline = time.monotonic() + 2
    while Path(f"/proc/{sleeper}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running(word) == []


def test_a_kill_of_one_leaves_the_others(open_place):
    one, other = Runs(open_place / "1", "process group"), Runs(open_place / "2", "process group")
    endings = {}
    threads = [
        threading.Thread(
            target=lambda: endings.update(
                one=one.sh_until("echo a; sleep 9", one.says("a"), lambda: one.stop.ask("kill"))
            )
        ),
        threading.Thread(target=lambda: endings.update(other=other.sh("sleep 1.5; echo b", job_id="job-2"))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (endings["one"].by, endings["other"].by, other.log()) == ("kill", "itself", ["b"])
