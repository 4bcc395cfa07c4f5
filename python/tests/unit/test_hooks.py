"""What is looked at before a commit needs no network, and catches what `make check` would."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
REPOSITORIES = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
HOOKS = {hook["id"]: hook for repository in REPOSITORIES for hook in repository["hooks"]}
PLACES = {
    "ruff": "python/src/tandem/text.py",
    "ruff-format": "bench/rows.py",
    "mypy": "python/src/tandem/text.py",
    "r": "r/R/router.R",
    "page": "python/src/tandem/gateway/page/frame.js",
    "licences": "python/requirements.lock",
}


def test_every_hook_is_one_of_ours():
    assert [repository["repo"] for repository in REPOSITORIES] == ["local"]
    assert {hook["language"] for hook in HOOKS.values()} == {"system"}


@pytest.mark.parametrize("hook", HOOKS)
def test_it_looks_at_what_it_is_for(hook: str):
    assert (ROOT / PLACES[hook]).is_file()
    assert re.search(HOOKS[hook]["files"], PLACES[hook])


@pytest.mark.parametrize(("module", "sound"), [('import { h } from "./dom.js";\nh();', True), ("const = 3;", False)])
def test_a_module_that_is_no_javascript_is_caught(tmp_path: Path, module: str, sound: bool):
    (tmp_path / "module.js").write_text(module)
    line = ["sh", "-c", f"{HOOKS['page']['entry']} module.js"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert (done.returncode == 0) is sound, done.stderr
