"""Stories that need more than the demo: samples of two conditions, and somebody who may only look."""

import csv
import io
import re
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fixtures.browser import PATIENCE_MS, Screenshot
from fixtures.platform import Home, wait_until
from helpers.data_sets import Counts, demo_counts, write_folder

expect.set_options(timeout=PATIENCE_MS)

#: Samples and what was done to them: each lies wholly in one condition.
CONDITIONS = {"s1": "control", "s2": "treated", "s3": "control", "s4": "treated"}
#: A gene that is raised in the treated samples, this many times.
RAISED = "MALAT1"
TIMES = 8
#: Seconds that an import may take, and milliseconds until the first answer of an experiment that was asleep.
IMPORT_S = 180
OPEN_MS = 90_000
TABLE = ".plot-frame tbody tr"


@pytest.fixture(scope="module")
def samples(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo's cells as four samples of two conditions, imported by upload; the address of its exploration."""
    folder = tmp_path_factory.mktemp("samples")
    whole = demo_counts()
    sample_of = np.arange(len(whole.barcodes)) % len(CONDITIONS)
    files = [("samples", ("samples.csv", samples_table(), "text/csv"))]
    for place, (sample, condition) in enumerate(CONDITIONS.items()):
        cells = np.flatnonzero(sample_of == place)
        counts = whole.matrix[cells].tolil()
        if condition == "treated":
            counts[:, whole.names.index(RAISED)] *= TIMES
        barcodes = [whole.barcodes[cell] for cell in cells]
        made = write_folder(folder / sample, Counts(counts.tocsr(), whole.ids, whole.names, barcodes))
        files += [("files", (f"{sample}/{file.name}", file.read_bytes())) for file in sorted(made.iterdir())]
    url = demo_home.plan.gateway_url
    answer = httpx.post(f"{url}/experiments", data={"id": "samples"}, files=files, timeout=60)
    assert answer.status_code == 202, answer.text
    task = f"{url}{answer.headers['Location']}"
    assert wait_until(lambda: httpx.get(task).json()["finishedAt"], IMPORT_S), httpx.get(task).text
    assert httpx.get(task).json()["state"] == "COMPLETE", httpx.get(task).text
    yield f"{url}/#explore/samples"
    httpx.delete(f"{url}/experiments/samples", timeout=60).raise_for_status()


def samples_table() -> str:
    text = io.StringIO()
    csv.writer(text).writerows([("sample", "condition"), *CONDITIONS.items()])
    return text.getvalue()


@pytest.fixture
def reader(demo_home: Home, page: Page) -> Iterator[str]:
    """A token of somebody who may look, once the demo has been looked at; afterwards nobody needs one."""
    page.goto(f"{demo_home.plan.gateway_url}/#explore/demo")
    expect(page.locator("button.gene").first).to_be_attached()
    page.goto("about:blank")
    made = demo_home.tandem("token", "create", "--role", "reader", "--name", "guest")
    found = re.search(r"tandem_\S+", made.stdout)
    assert found, made.stdout + made.stderr
    yield found.group()
    page.goto("about:blank")
    forgotten = demo_home.tandem("token", "forget")
    assert forgotten.returncode == 0, forgotten.stderr
    session = f"{demo_home.plan.gateway_url}/session"
    assert wait_until(lambda: not page.request.get(session).json()["tokensNeeded"], 10)


@pytest.mark.timeout(2 * IMPORT_S)  # the import is in it
def test_conditions_are_compared_between_their_samples(page: Page, samples: str, screenshot: Screenshot) -> None:
    page.goto(samples)
    expect(page.locator(".embedding[data-drawn]")).to_be_visible(timeout=OPEN_MS)
    conditions = page.locator("section.cell-class", has=page.get_by_text("condition", exact=True))
    for name in ("treated", "control"):
        conditions.locator("button.set", has_text=name).click()
    page.get_by_role("button", name="Compare").click()
    page.locator("select[name='de.type']").select_option("between")
    expect(page.locator(".plot-words")).to_contain_text("2 against 2 samples", timeout=OPEN_MS)
    expect(page.locator(TABLE).first).to_contain_text(RAISED)
    screenshot("stories-between-samples")
    page.locator("select[name='de.basis']").select_option(label="Cluster 0")
    expect(page.locator(".plot-words")).to_contain_text(
        re.compile(r"among Cluster 0, 2 against 2 samples: [\d,]+ genes"), timeout=OPEN_MS
    )
    expect(page.locator(TABLE).first).to_contain_text(RAISED)
    page.locator("select[name='de.a']").select_option("sample/s1")
    page.locator("select[name='de.b']").select_option("sample/s2")
    expect(page.locator(".comparison .hint").first).to_contain_text(
        "Two samples alone give no p-values", timeout=OPEN_MS
    )


def test_a_reader_sees_what_was_computed_and_is_told_what_was_not(
    page: Page, demo_home: Home, reader: str, complaints: list[str], screenshot: Screenshot
) -> None:
    page.goto(f"{demo_home.plan.gateway_url}/#explore/demo")
    page.get_by_label("Token").fill(reader)
    expect(page.locator(".lamp")).to_have_text("signed out")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".embedding[data-drawn]")).to_be_visible()
    expect(page.locator("button.gene").first).to_be_attached()
    expect(page.locator("#top .role")).to_have_text("reader")
    expect(page.get_by_role("button", name="Recluster")).to_be_hidden()
    expect(page.get_by_role("button", name="Download")).to_be_visible()
    page.goto(f"{demo_home.plan.gateway_url}/#explore/demo?plot=de&de.a=louvain/louvain-4&de.find=NEVERASKED")
    expect(page.locator(".plot-body .failure")).to_contain_text("This has not been computed yet")
    screenshot("stories-reader")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("about:blank")  # or more would be refused
    assert all("401" in complaint or "403" in complaint for complaint in complaints), complaints
    complaints.clear()


def test_markers_of_a_cluster_are_two_clicks_away(page: Page, demo_home: Home) -> None:
    page.goto(f"{demo_home.plan.gateway_url}/#explore/demo")
    page.locator(".tree button.set", has_text="Cluster 1").click()
    page.get_by_role("button", name="Markers").click()
    expect(page.locator(TABLE).first).to_be_visible()
    expect(page.locator(".plot-words")).to_contain_text("Cluster 1 (180 cells) against all other cells (379 cells)")


def test_names_of_any_length_leave_the_plot_its_room(page: Page, demo_home: Home) -> None:
    name = '"<b>T</b>" & ' + "x" * 180
    cell_set = {"key": "long", "name": name, "rootNode": False, "type": "cellSets", "color": "#4477aa"}
    group = {"key": "wide", "name": name, "rootNode": True, "type": "cellSets"}
    children = [cell_set | {"cellIds": list(range(50))}]
    change(demo_home, [{"$append": group | {"children": children}}])
    try:
        page.goto(f"{demo_home.plan.gateway_url}/#explore/demo?colour=set:wide&plot=frequency&frequency.of=wide")
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        stage = page.locator(".stage").bounding_box()
        bars = page.locator(".js-plotly-plot .barlayer").bounding_box()
        assert stage is not None
        assert bars is not None
        assert stage["width"] > 400
        assert bars["width"] > 400
        assert page.locator(".tree section", has_text=name).get_by_text(name, exact=True).count() >= 1
    finally:
        change(demo_home, [{"$match": {"query": '$[?(@.key == "wide")]', "value": {"$remove": True}}}])


def change(home: Home, operations: list[object]) -> None:
    headers = {"Content-Type": "application/boschni-json-merger+json"}
    answer = httpx.patch(f"{home.plan.gateway_url}/v2/experiments/demo/cellSets", json=operations, headers=headers)
    assert answer.status_code == 200, answer.text
