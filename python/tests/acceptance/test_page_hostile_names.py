"""Names that are markup and script, wherever people or programs may give one: on the page they are text."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from fixtures.browser import PATIENCE_MS
from fixtures.platform import Home

expect.set_options(timeout=PATIENCE_MS)

HOSTILE = '<img src=x class=hostile onerror="hostile=1"><a href="javascript:hostile=1">it</a>'
#: The little markup that plots know, short enough for their labels.
BOLD = "<b>{}</b>"
#: What would be there if a name became markup, and what would have happened if it had run.
BECAME_MARKUP = """() => [...document.querySelectorAll(
  '.hostile, img[src="x"], script:not([src]), iframe[srcdoc], [onerror], [onload], svg a, a[href^="javascript" i]'
)].map((one) => one.outerHTML.slice(0, 200)).concat(window.hostile ? ["it ran"] : [])"""
SCRIPT = "<script>document.documentElement.dataset.hostile = 1; fetch('/tasks')</script>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="hostile=1"><text y="20">drawn</text>{SCRIPT}</svg>'
#: A program that names its files so, and says so.
PROGRAM = f"""
import pathlib, sys
results = pathlib.Path(sys.argv[1])
name = {HOSTILE.replace("/", "|")!r}
(results / f"{{name}}.txt").write_text({HOSTILE!r})
(results / "picture.svg").write_text({SVG!r})
(results / "page.html").write_text({SCRIPT!r})
print({HOSTILE!r})
sys.exit({HOSTILE!r} if "--fail" in sys.argv else 0)
"""
PROGRAM_TOML = f"""
name = "hostile"
version = "1.0"
description = {json.dumps(HOSTILE)}
command = ["python3", "{{assets}}/main.py", "{{output}}", "{{mode}}"]
[parameters.mode]
enum = ["--fine", "--fail"]
default = "--fine"
description = {json.dumps(HOSTILE)}
"""


@pytest.fixture(scope="module")
def hostile_home(demo_home: Home) -> Iterator[Home]:
    """A platform whose cell sets, program and files are called so, until these tests end."""
    demo = demo_home.layout.data / "demo"
    before = (demo / "cell_sets.json").read_text()
    sets = json.loads(before)
    for number, one in enumerate(sets["cellSets"]):
        one["name"] = f"{HOSTILE} {number}"
        for place, child in enumerate(one.get("children", [])):
            child["name"] = BOLD.format(f"{number}.{place}")
    replace(demo / "cell_sets.json", json.dumps(sets))
    file = demo / f"{HOSTILE.replace('/', '|')}.txt"
    file.write_text(HOSTILE)
    program = demo_home.layout.data / "programs" / "hostile"
    program.mkdir()
    (program / "main.py").write_text(PROGRAM)
    (program / "program.toml").write_text(PROGRAM_TOML)
    yield demo_home
    replace(demo / "cell_sets.json", before)
    file.unlink()
    shutil.rmtree(program)


def replace(path: Path, text: str) -> None:
    """Put another file in its place at once."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def open_at(page: Page, home: Home, view: str) -> None:
    """Show a view anew."""
    page.goto("about:blank")
    page.goto(f"{home.plan.gateway_url}/#{view}")


def expect_text_alone(page: Page) -> None:
    """The name is to be seen, as text; nothing came of it."""
    expect(page.get_by_text("<img src=x", exact=False).first).to_be_attached()
    assert page.evaluate(BECAME_MARKUP) == []


@pytest.mark.parametrize(
    "plot",
    ["violin&genes=LYZ,CD14", "frequency&frequency.of=louvain&frequency.by=sample", "dots&dots.markers=2", "volcano"],
)
def test_cell_sets_are_text_in_every_plot(page: Page, hostile_home: Home, plot: str):
    open_at(page, hostile_home, f"explore/demo?plot={plot}")
    expect(page.locator(".js-plotly-plot .main-svg, .plot-frame tbody tr").first).to_be_attached()
    expect(page.locator(".js-plotly-plot svg text", has_text="<b>").first).to_be_attached()
    expect_text_alone(page)


@pytest.mark.parametrize("mode", ["--fine", "--fail"])
def test_jobs_and_what_they_leave_are_text(page: Page, hostile_home: Home, mode: str):
    wish = {"program": "hostile", "name": HOSTILE, "parameters": {"mode": mode}, "force": True}
    answer = httpx.post(f"{hostile_home.plan.gateway_url}/jobs", json=wish)
    assert answer.status_code == 202, answer.text
    job = answer.json()["id"]
    for view in ("jobs", "jobs/programs", "jobs/new/hostile", f"jobs/{job}"):
        open_at(page, hostile_home, view)
        expect_text_alone(page)
    expect(page.get_by_role("log")).to_contain_text("<img src=x")
    expect(page.get_by_text("done" if mode == "--fine" else "failed", exact=True).first).to_be_visible()
    expect_text_alone(page)


def test_files_of_the_data_folder_are_text(page: Page, hostile_home: Home):
    name = f"{HOSTILE.replace('/', '|')}.txt"
    for query in ({"path": "experiments/demo"}, {"file": f"experiments/demo/{name}"}):
        open_at(page, hostile_home, f"data?{urlencode(query)}")
        expect_text_alone(page)


def test_what_a_job_has_made_runs_nothing_when_it_is_opened_by_itself(
    chromium: Browser, hostile_home: Home, tmp_path: Path
):
    gateway = hostile_home.plan.gateway_url
    answer = httpx.post(f"{gateway}/jobs", json={"program": "hostile", "force": True})
    results = f"{gateway}/jobs/{answer.json()['id']}/results"
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{gateway}/#jobs/{answer.json()['id']}")
    expect(page.get_by_text("done", exact=True).first).to_be_visible()
    for name in ("picture.svg", "page.html"):
        asked.clear()
        page.goto(f"{results}/{name}")
        assert asked == [f"{results}/{name}"]
        assert page.evaluate("() => document.documentElement.dataset.hostile ?? window.hostile ?? null") is None
    context.close()
