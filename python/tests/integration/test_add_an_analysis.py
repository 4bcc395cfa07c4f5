"""The page that says how to add an analysis, followed to the letter on copies of both halves."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from fixtures.stack import ROOT, RProcess

PAGE = (ROOT / "docs" / "add-an-analysis.md").read_text()


def block(language: str, containing: str) -> str:
    """The page's block of code in a language that contains a text."""
    [found] = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL) if containing in text]
    return found


def test_an_analysis_added_as_the_page_says_is_answered(
    make_stack, redis_server, r_library, small_experiment, tmp_path
):
    analysis = tmp_path / "task-complexity.R"
    analysis.write_text(block("r", "register_task"))
    python = tmp_path / "src"
    shutil.copytree(ROOT / "python" / "src" / "tandem", python / "tandem")
    (python / "tandem" / "tasks" / "analyses" / "complexity.py").write_text(block("python", "TaskBody"))
    r = RProcess(r_library, small_experiment, tmp_path / "r.log", tasks=analysis)
    stack = make_stack(redis_server.port, r.url)
    message = stack.message("GetComplexity", digits=3)
    assert stack.ear.heard == []
    stack.send(message)

    r.start()
    try:
        stack.start_worker(PYTHONPATH=str(python))
        values = stack.wait_for_answer(message["ETag"], within_s=60)
    finally:
        r.stop()

    kept = [value for value in values if value is not None]
    assert len(kept) == 80
    assert all(0 < value <= 1 and value == float(f"{value:.3g}") for value in kept)


def test_the_test_on_the_page_passes(r_library: Path, tmp_path: Path):
    (tmp_path / "task.R").write_text(block("r", "register_task"))
    (tmp_path / "test-task-complexity.R").write_text(block("r", "test_that"))
    helpers = ROOT / "r" / "tests" / "testthat"
    script = f"""
        env <- new.env(parent = asNamespace("tandem"))
        for (file in list.files("{helpers}", "^helper.*[.]R$", full.names = TRUE)) sys.source(file, env)
        sys.source("{tmp_path}/task.R", env)
        testthat::test_file("{tmp_path}/test-task-complexity.R", env = env, stop_on_failure = TRUE)
    """
    environment = os.environ | {"R_LIBS": str(r_library)}
    done = subprocess.run(
        ["Rscript", "-e", script], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS 2" in done.stdout
