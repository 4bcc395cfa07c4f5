"""Experiments, tasks and data on the page, in a real browser, against a platform as a person starts it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect
from scipy import sparse

from fixtures.platform import Home
from helpers.contrast import faint_texts
from helpers.data_sets import Counts, anndata_of, write_folder

#: Milliseconds that an import of a small data set may take, R's start and the report included.
IMPORT_MS = 90_000
#: A layout that looks at so many neighbours takes long enough to be cancelled.
LONG = {"name": "GetEmbedding", "type": "tsne", "config": {"perplexity": 180, "learningRate": 200}}


def some_counts(cells: int = 90, genes: int = 420) -> Counts:
    """Counts of cells that no filter leaves out."""
    random = np.random.default_rng(1)
    matrix = sparse.csr_matrix(random.poisson(random.gamma(2.0, 1.0, genes), (cells, genes)))
    names = [f"GENE{gene}" for gene in range(genes)]
    barcodes = ["".join(random.choice(list("ACGT"), 16)) + "-1" for _ in range(cells)]
    return Counts(matrix, [f"ENSG{gene:011d}" for gene in range(genes)], names, barcodes)


@pytest.fixture(scope="module")
def h5ad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set."""
    path = tmp_path_factory.mktemp("sets") / "My cells.h5ad"
    anndata_of(some_counts()).write_h5ad(path)
    return path


def address(home: Home, view: str = "") -> str:
    return f"{home.plan.gateway_url}/{view}"


def submit(home: Home, body: dict[str, object]) -> str:
    """Ask for something that was not asked for before; the id of its task."""
    asked = {
        "experimentId": "demo",
        "timeout": (datetime.now(UTC) + timedelta(minutes=10)).isoformat(),
        "body": body,
        "requestProps": {"broadcast": False, "cacheUniquenessKey": str(np.random.default_rng().random())},
    }
    answer = httpx.post(address(home, "v2/workRequest/demo"), json=asked)
    assert answer.status_code == 200, answer.text
    return answer.headers["Location"].rpartition("/")[2]


def choose(page: Page, path: Path, experiment: str) -> None:
    """Import a file under an id, by the button and the form."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import files").click()
    chooser.value.set_files(path)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Id").fill(experiment)
    dialog.get_by_label("Doublets", exact=True).select_option("false")
    dialog.get_by_role("button", name="Import", exact=True).click()


def row(page: Page, task: str) -> Locator:
    return page.locator(f'tr[data-key="{task}"]')


def test_experiments_say_what_they_hold_and_lead_on(page: Page, demo_home: Home, screenshot):
    page.goto(address(demo_home))
    card = page.get_by_role("article", name="Demo")
    expect(card).to_contain_text("559")
    expect(card).to_contain_text("32,786")
    expect(card.get_by_role("link", name="Report")).to_have_attribute("href", "/experiments/demo/report")
    screenshot("experiments")
    card.get_by_role("link", name="Explore").click()
    expect(page).to_have_url(re.compile("#explore/demo"))


def test_an_h5ad_is_imported_by_the_file_chooser_and_can_be_explored(
    page: Page, demo_home: Home, h5ad: Path, screenshot
):
    page.goto(address(demo_home))
    expect(page.get_by_role("article", name="Demo")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import files").click()
    chooser.value.set_files(h5ad)
    dialog = page.get_by_role("dialog")
    identity = dialog.get_by_label("Id")
    expect(identity).to_have_value("My-cells")

    identity.fill("not an id")
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog).to_contain_text("letters (without accents), digits")
    identity.fill("demo")
    expect(dialog).to_contain_text("There is an experiment demo already")
    identity.fill("by-hand")
    dialog.get_by_label("Name").fill("By hand")
    dialog.get_by_label("Doublets", exact=True).select_option("false")
    screenshot("import-form")
    dialog.get_by_role("button", name="Import", exact=True).click()

    underway = page.get_by_role("article", name="Import of by-hand")
    expect(underway).to_contain_text(re.compile(r"\d+ of \d+"), timeout=IMPORT_MS)
    screenshot("import")
    page.reload()
    expect(underway).to_be_visible()
    card = page.get_by_role("article", name="By hand", exact=True)
    expect(card).to_contain_text("90", timeout=IMPORT_MS)
    expect(underway).to_have_count(0)
    expect(card.get_by_role("link", name="Explore")).to_have_attribute("href", "#explore/by-hand")

    card.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("90 cells")
    page.get_by_role("button", name="Delete by-hand", exact=True).click()
    expect(card).to_have_count(0)


def test_an_import_can_be_cancelled(page: Page, demo_home: Home, h5ad: Path):
    page.goto(address(demo_home))
    choose(page, h5ad, "stopped")
    underway = page.get_by_role("article", name="Import of stopped")
    underway.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the import").click()
    expect(underway).to_have_count(0)
    page.reload()
    expect(page.get_by_role("article", name="Demo")).to_be_visible()
    expect(page.get_by_role("article", name="stopped")).to_have_count(0)


def test_a_folder_keeps_its_paths_and_a_failure_can_be_tried_again(page: Page, demo_home: Home, tmp_path: Path):
    folder = write_folder(tmp_path / "samples" / "first", some_counts())
    (folder / "matrix.mtx.gz").write_bytes(b"not gzipped")
    page.goto(address(demo_home))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import a folder").click()
    chooser.value.set_files(tmp_path / "samples")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("dialog").get_by_role("button", name="Import", exact=True).click()
    card = page.get_by_role("article", name="Import of samples")
    expect(card.get_by_role("alert")).to_contain_text("samples", timeout=IMPORT_MS)
    task = httpx.get(address(demo_home, f"tasks/{sent.value.response().json()['id']}")).json()
    assert "samples/first/matrix.mtx.gz" in task["request"]["files"]

    card.get_by_role("button", name="Try again", exact=True).click()
    expect(card.get_by_role("alert")).to_have_count(0)
    expect(card.get_by_role("alert")).to_be_visible(timeout=IMPORT_MS)
    page.reload()
    expect(card.get_by_role("button", name="Choose the files again")).to_be_visible()
    card.get_by_role("button", name="Dismiss").click()
    page.reload()
    expect(page.get_by_role("article", name="Demo")).to_be_visible()
    expect(card).to_have_count(0)


def test_an_upload_that_is_interrupted_says_so_and_can_be_tried_again(
    page: Page, demo_home: Home, h5ad: Path, complaints: list[str]
):
    page.goto(address(demo_home))
    page.route("**/experiments", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    choose(page, h5ad, "cut")
    card = page.get_by_role("article", name="Import of cut")
    expect(card.get_by_role("alert")).to_contain_text("interrupted")
    complaints.clear()
    page.unroute("**/experiments")
    card.get_by_role("button", name="Try again", exact=True).click()
    expect(card.get_by_role("alert")).to_have_count(0)
    card.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the import").click()
    expect(card).to_have_count(0)


def test_tasks_appear_and_end_as_they_happen(page: Page, demo_home: Home, screenshot):
    page.goto(address(demo_home, "#tasks"))
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    task = submit(demo_home, {"name": "GetNUmis"})
    expect(row(page, task)).to_contain_text("N Umis")
    expect(row(page, task)).to_contain_text("done")
    screenshot("tasks")

    row(page, task).click()
    detail = page.get_by_role("complementary", name="Chosen task")
    expect(detail).to_contain_text("Attempt 1")
    expect(detail.get_by_label("Request", exact=True)).to_contain_text('"name": "GetNUmis"')
    expect(detail.get_by_label("Result", exact=True)).to_contain_text("[")
    expect(page).to_have_url(re.compile(f"open={task}"))
    with page.expect_download() as saved:
        detail.get_by_role("link", name="Save all").click()
    found = json.loads(Path(saved.value.path()).read_text())
    assert len(found) == 559
    screenshot("task")

    detail.get_by_role("button", name="Run again").click()
    expect(page).not_to_have_url(re.compile(f"open={task}"))
    expect(detail).to_contain_text("done")
    page.keyboard.press("Escape")
    expect(detail).to_be_hidden()


def test_a_long_task_is_cancelled(page: Page, demo_home: Home):
    task = submit(demo_home, LONG)
    page.goto(address(demo_home, f"#tasks?open={task}"))
    detail = page.get_by_role("complementary", name="Chosen task")
    detail.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancel Embedding of demo?")
    dialog.get_by_role("button", name="Cancel the task").click()
    expect(row(page, task)).to_contain_text("cancelled")
    expect(detail.get_by_role("button", name="Run again")).to_be_visible()


def test_an_answer_that_comes_late_does_not_hide_that_a_task_has_ended(page: Page, demo_home: Home):
    page.goto(address(demo_home, "#tasks"))
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    task = submit(demo_home, LONG)
    path = f"tasks/{task}"
    early = httpx.get(address(demo_home, path)).json()
    assert early["state"] in ("QUEUED", "RUNNING")
    late: list[Route] = []
    page.route(f"**/{path}", lambda route: route.continue_() if late else late.append(route))
    with page.expect_request(f"**/{path}"):
        page.goto(address(demo_home, f"#tasks?open={task}"))
    expect(row(page, task)).to_contain_text("done")
    late[0].fulfill(json=early)
    expect(page.get_by_role("complementary", name="Chosen task")).to_contain_text("done")


def test_rows_that_come_late_do_not_hide_that_a_task_has_ended(page: Page, demo_home: Home):
    page.goto(address(demo_home, "#tasks"))
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    late: list[Route] = []
    rows = "**/tasks?experiment=demo&offset=0&limit=50"
    page.route(rows, lambda route: late.append(route))
    with page.expect_request(rows):
        page.get_by_label("Experiment", exact=True).select_option("demo")
    task = submit(demo_home, {"name": "GetNUmis"})
    expect(row(page, task)).to_contain_text("done")
    late[0].fulfill(json={"items": [], "total": 0, "offset": 0, "limit": 50})
    expect(page.locator("[aria-busy]")).to_have_count(0)
    expect(row(page, task)).to_contain_text("done")


def test_rows_are_walked_and_opened_by_the_keyboard(page: Page, demo_home: Home):
    tasks = [submit(demo_home, {"name": "GetNGenes"}), submit(demo_home, {"name": "GetNUmis"})]
    page.goto(address(demo_home, "#tasks"))
    row(page, tasks[1]).focus()
    page.keyboard.press("ArrowDown")
    expect(row(page, tasks[0])).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"open={tasks[0]}"))
    submit(demo_home, {"name": "GetNUmis"})
    expect(row(page, tasks[0])).to_be_focused()


def test_filters_are_kept_in_the_link(page: Page, demo_home: Home, browser_context):
    kept = submit(demo_home, {"name": "GetMitochondrialContent"})
    other = submit(demo_home, {"name": "GetNUmis"})
    page.goto(address(demo_home, "#tasks"))
    expect(row(page, other)).to_be_visible()
    page.get_by_label("Task", exact=True).select_option("GetMitochondrialContent")
    page.get_by_label("Experiment", exact=True).select_option("demo")
    page.get_by_role("button", name="done").click()
    expect(row(page, other)).to_have_count(0)
    expect(row(page, kept)).to_be_visible()
    expect(page).to_have_url(re.compile("task=GetMito.*experiment=demo.*state=COMPLETE"))

    again = browser_context.new_page()
    again.goto(page.url)
    expect(row(again, kept)).to_be_visible()
    expect(again.get_by_label("Task", exact=True)).to_have_value("GetMitochondrialContent")
    expect(again.get_by_role("button", name="done")).to_have_attribute("aria-pressed", "true")
    expect(row(again, other)).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("button", name="done")).to_have_attribute("aria-pressed", "false")


def test_the_data_folder_is_browsed_and_a_log_followed(page: Page, demo_home: Home, screenshot):
    page.goto(address(demo_home, "#data"))
    page.get_by_role("link", name="logs/").click()
    screenshot("data")
    page.get_by_role("link", name="gateway.log", exact=True).click()
    expect(page).to_have_url(re.compile("file=logs/gateway.log"))
    text = page.get_by_label("Text of the file")
    expect(text).to_contain_text("Uvicorn running")
    page.get_by_label("Follow").check()
    with (demo_home.layout.logs / "gateway.log").open("a") as log:
        log.write("a line that came later\n")
    expect(text).to_contain_text("a line that came later")
    page.get_by_role("navigation", name="Path").get_by_role("link", name="all").click()
    page.get_by_role("link", name="experiments/").click()
    page.get_by_role("link", name="demo/").click()
    page.get_by_role("link", name="cell_sets.json", exact=True).click()
    expect(text).to_contain_text("louvain")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out(page: Page, demo_home: Home, theme: str):
    page.add_init_script(f"localStorage.setItem('tandem-theme', '{theme}')")
    page.route(re.compile(r"/tasks\?"), lambda route: route.fulfill(json=a_task_of_each_state()))
    for view in ("experiments", "tasks", "jobs", "data"):
        page.goto(address(demo_home, f"#{view}"))
        expect(page.locator("h1")).to_be_visible()
        page.locator("tbody tr, article, p.nothing").first.wait_for()
        measured, faint = faint_texts(page)
        assert measured > 10
        assert not faint, f"{view} in the {theme}: {faint}"


def a_task_of_each_state() -> dict[str, object]:
    """The states that a platform at rest does not show."""
    now = datetime.now(UTC).isoformat()
    states = ("QUEUED", "RUNNING", "COMPLETE", "FAILED", "KILLED", "EXPIRED")
    common = {"experiment": "demo", "task": "GetNUmis", "etag": "0" * 32, "attempt": 1, "queuedAt": now,
              "startedAt": now, "finishedAt": None, "errorCode": None, "killRequested": False, "reason": "why",
              "progress": {"message": "a step", "step": 1, "total": 2}, "expectedSeconds": 20.0}  # fmt: skip
    items = [common | {"id": f"task-{state}", "state": state} for state in states]
    return {"items": items, "total": len(items), "offset": 0, "limit": 50}
