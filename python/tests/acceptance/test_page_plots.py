"""The plots of the explore view, as a person uses them, against the numbers that the API gives."""

import csv
import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Download, Page, expect

from fixtures.browser import PATIENCE_MS, Screenshot
from fixtures.platform import Home

expect.set_options(timeout=PATIENCE_MS)

SETS = 5
TABS = ("Violin", "Dots", "Heatmap", "DE", "Volcano", "Batch DE", "Frequency", "Trajectory", "QC")
#: Those that are tables, and have no picture to save.
TABLES = ("DE", "Batch DE")
COMPARISON = {"name": "DifferentialExpression", "experimentId": "demo", "comparisonType": "within", "basis": "all"}
#: Asks as the page does, so that the browser unpacks the answer.
ASK = """async ([body, pagination]) => {
  const { ask } = await import("/page/lib/ask.js");
  return (await ask("demo", body, { pagination })).result;
}"""
#: What plotly was given to draw.
DATA = """() => document.querySelector(".js-plotly-plot").data.map(({ name, x, y, z, text, customdata }) => {
  const plain = (list) => list && [...list].map((one) => (ArrayBuffer.isView(one) ? [...one] : one));
  return { name, x: plain(x), y: plain(y), z: plain(z), text, customdata };
})"""
#: Where a point of a trace is on the page.
PLACE = """([name, at]) => {
  const plot = document.querySelector(".js-plotly-plot");
  const trace = plot._fullData.find((one) => one.name === name);
  const { xaxis, yaxis, _size } = plot._fullLayout;
  const { left, top } = plot.getBoundingClientRect();
  return [left + _size.l + xaxis.d2p(trace.x[at]), top + _size.t + yaxis.d2p(trace.y[at])];
}"""

#: A plot whose points stay in their places for so many milliseconds lies still.
STILL_MS = 500

Open = Callable[[str], None]


@pytest.fixture
def look(page: Page, demo_home: Home) -> Open:
    """Open the explore view with a query in its address."""

    def look(query: str) -> None:
        page.goto(f"{demo_home.plan.gateway_url}/#explore/demo?{query}")
        expect(page.locator(".js-plotly-plot .main-svg, .plot-frame tbody tr").first).to_be_attached()

    return look


def asked(page: Page, body: dict[str, Any], pagination: dict[str, Any] | None = None) -> Any:
    return page.evaluate(ASK, [body, pagination])


def drawn(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(DATA)
    return found


def click_point(page: Page, trace: str, at: int) -> None:
    """Click a point of the plot, once that lies still."""
    before, now = None, page.evaluate(PLACE, [trace, at])
    while now != before:
        page.wait_for_timeout(STILL_MS)
        before, now = now, page.evaluate(PLACE, [trace, at])
    page.mouse.click(*now)


def words(page: Page) -> str:
    return page.locator(".plot-words").inner_text()


def saved(page: Page, what: str) -> Download:
    with page.expect_download() as coming:
        page.locator(".plot-frame .exports").get_by_role("button", name=what, exact=True).click()
    return coming.value


def rows_of(download: Download) -> list[dict[str, str]]:
    with Path(download.path()).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def cells_of(page: Page) -> dict[str, list[int]]:
    """The cells of each cluster by its key."""
    answer = page.request.get(re.sub(r"/#.*", "/v2/experiments/demo/cellSets", page.url)).json()
    clusters = next(group for group in answer["cellSets"] if group["key"] == "louvain")
    return {child["key"]: child["cellIds"] for child in clusters["children"]}


def expression_of(page: Page, gene: str) -> list[float]:
    """The expression of a gene by cell id."""
    answer = asked(page, {"name": "GeneExpression", "genes": [gene]})
    matrix = answer["rawExpression"]
    values = [0.0] * matrix["size"][0]
    for row, value in zip(matrix["index"], matrix["values"], strict=True):
        values[row] = value
    return values


@pytest.mark.parametrize("tab", TABS)
def test_every_plot_opens_by_its_tab_and_is_saved(page: Page, demo_home: Home, screenshot: Screenshot, tab: str):
    page.goto(f"{demo_home.plan.gateway_url}/#explore/demo?genes=LYZ,CD14,GNLY")
    page.get_by_role("tab", name=tab, exact=True).click()
    page.locator(".plot-frame .exports button", has_text="CSV").wait_for()
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.wait_for_timeout(100)
        screenshot(f"plot-{tab.lower().replace(' ', '-')}-{theme}")
    assert page.locator(".failure").count() == 0
    assert len(rows_of(saved(page, "CSV"))) > 0
    if tab not in TABLES:
        assert Path(saved(page, "PNG").path()).read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in Path(saved(page, "SVG").path()).read_bytes()[:200]


def test_the_table_of_a_comparison_is_the_server_s(page: Page, look: Open):
    look("plot=de&de.a=louvain/louvain-0&de.b=louvain/louvain-1")
    body = COMPARISON | {"cellSet": "louvain-0", "compareWith": "louvain-1"}
    by_change = {"orderBy": "logFC", "orderDirection": "DESC", "offset": 0, "limit": 50, "filters": []}
    check_table(page, asked(page, body, by_change))
    sizes = {key: len(cells) for key, cells in cells_of(page).items()}
    expect(page.locator(".plot-words")).to_contain_text(
        f"Cluster 0 ({sizes['louvain-0']} cells) against Cluster 1 ({sizes['louvain-1']} cells)"
    )

    page.get_by_role("button", name="adjusted p").click()
    expect(page).to_have_url(re.compile(r"de\.sort=-p_val_adj"))
    page.get_by_role("button", name="adjusted p").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text(re.compile("adjusted p"))
    check_table(page, asked(page, body, by_change | {"orderBy": "p_val_adj", "orderDirection": "ASC"}))

    page.get_by_label("gene", exact=True).fill("S100")
    page.get_by_label("gene", exact=True).press("Enter")
    page.get_by_label("log fold change >").fill("0.1")
    page.get_by_label("log fold change >").press("Enter")
    expect(page.locator(".plot-words")).to_contain_text("pass the filters")
    filters = [
        {"type": "text", "columnName": "gene_names", "expression": "S100"},
        {"type": "numeric", "columnName": "logFC", "comparison": "greaterThan", "value": 0.1},
    ]
    page.wait_for_timeout(300)
    wanted = by_change | {"orderBy": "p_val_adj", "orderDirection": "ASC", "filters": filters}
    check_table(page, asked(page, body, wanted))


def check_table(page: Page, answer: dict[str, Any]) -> None:
    """The rows that are shown are those of an answer, in its order and with its numbers."""
    data, lines = answer["data"], page.locator(".comparison tbody tr")
    expect(lines).to_have_count(len(data["gene_names"]))
    expect(lines.first).to_contain_text(data["gene_names"][0])
    assert lines.locator(".gene").all_inner_texts() == data["gene_names"]
    for name, column in (("logFC", 0), ("p_val_adj", 1), ("auc", 4)):
        shown = lines.locator(f"td.number >> nth={column}").first.inner_text()
        assert float(shown) == pytest.approx(data[name][0], rel=0.05, abs=0.01)


def test_the_whole_table_is_saved_and_not_the_page(page: Page, look: Open):
    look("plot=de&de.a=louvain/louvain-2&de.find=S100")
    whole = asked(page, COMPARISON | {"cellSet": "louvain-2", "compareWith": "rest"})
    download = saved(page, "CSV")
    rows = rows_of(download)
    assert download.suggested_filename == "demo_DE_Cluster-2-against-rest.csv"
    assert len(rows) == whole["total"] == len(whole["data"]["gene_names"])
    first = rows[0]
    assert first["gene_names"] == whole["data"]["gene_names"][0]
    assert float(first["logFC"]) == whole["data"]["logFC"][0]


def test_a_row_colours_the_embedding_and_its_box_chooses_the_gene(page: Page, look: Open):
    look("plot=de")
    line = page.locator(".comparison tbody tr").nth(2)
    gene = line.locator(".gene").inner_text()
    line.locator(".gene").click()
    expect(page).to_have_url(re.compile(f"colour=gene:{gene}"))
    expect(line).to_have_class(re.compile("coloured"))
    line.get_by_role("checkbox").check()
    expect(page).to_have_url(re.compile(f"genes={gene}"))
    page.get_by_role("button", name="choose top 10").click()
    expect(page.locator(".comparison tbody input:checked")).to_have_count(10)


def test_a_point_of_the_volcano_colours_the_embedding(page: Page, look: Open):
    look("plot=volcano&de.a=louvain/louvain-1&de.b=rest")
    whole = asked(page, COMPARISON | {"cellSet": "louvain-1", "compareWith": "rest"})["data"]
    rows = zip(whole["logFC"], whole["p_val_adj"], strict=True)
    significant = sum(
        1 for change, p in rows if change is not None and p is not None and p < 0.05 and abs(change) > 0.5
    )
    assert words(page).split(": ")[1].startswith(f"{significant:,} of ")
    upper = next(trace for trace in drawn(page) if trace["name"] == "higher in Cluster 1")
    at = max(range(len(upper["x"])), key=lambda place: upper["x"][place])
    click_point(page, "higher in Cluster 1", at)
    expect(page).to_have_url(re.compile(f"colour=gene:{re.escape(upper['customdata'][at])}(&|$)"))
    assert len(rows_of(saved(page, "CSV"))) == len(whole["gene_names"])


def test_a_volcano_draws_few_points_of_many_and_knows_a_p_of_zero(page: Page, look: Open):
    look("plot=volcano")
    found = page.evaluate(
        """async () => {
          const { pointsOf, thinned } = await import("/page/explore/plots/volcano-plot.js");
          const many = Array.from({ length: 60000 }, (_, at) => at);
          const data = {
            gene_names: many.map((at) => `g${at}`),
            logFC: many.map((at) => Math.sin(at) * 3),
            p_val_adj: many.map((at) => (at === 7 ? 0 : at === 8 ? null : Math.abs(Math.cos(at * 3)))),
          };
          const points = pointsOf(data, { change: 0.5, chance: 0.05 });
          const zero = points.find(({ gene }) => gene === "g7");
          const highest = Math.max(...points.filter((one) => one !== zero).map(({ y }) => y));
          const kept = thinned(points, ({ change, y }) => [change * 100, y * 100]);
          return [points.length, kept.length, zero.y > highest && Number.isFinite(zero.y)];
        }"""
    )
    assert found[0] == 59_999
    assert found[1] <= 5000
    assert found[2]


def test_violins_show_the_medians_of_the_expression(page: Page, look: Open):
    look("plot=violin&genes=LYZ,CD14")
    values, cells = expression_of(page, "LYZ"), cells_of(page)
    violin = next(trace for trace in drawn(page) if trace["name"] == "LYZ")
    assert violin["customdata"] == list(cells)
    for key, median in zip(violin["customdata"], violin["y"], strict=True):
        assert median == pytest.approx(statistics.median(values[cell] for cell in cells[key]), abs=1e-5)
    rows = rows_of(saved(page, "CSV"))
    assert len(rows) == sum(map(len, cells.values()))
    assert all(float(row["LYZ"]) == pytest.approx(values[int(row["cell"])], abs=1e-6) for row in rows)


def test_frequencies_add_up(page: Page, look: Open):
    look("plot=frequency&frequency.of=sample&frequency.by=louvain&frequency.as=share")
    cells = cells_of(page)
    total = sum(map(len, cells.values()))
    parts = drawn(page)
    assert [part["customdata"][0] for part in parts] == [len(ids) for ids in cells.values()]
    assert sum(part["x"][0] for part in parts) == pytest.approx(100)
    page.get_by_role("button", name="swap").click()
    expect(page.locator(".plot-words")).to_contain_text("of louvain clusters by Samples")
    rows = rows_of(saved(page, "CSV"))
    assert sum(int(row["cells"]) for row in rows) == total
    assert all(float(row["share"]) == pytest.approx(1) for row in rows)


def test_dots_are_those_of_the_analysis(page: Page, look: Open):
    look("plot=dots&dots.of=genes&genes=LYZ,CD14,GNLY&dots.by=louvain")
    values, cells = expression_of(page, "GNLY"), cells_of(page)
    rows = rows_of(saved(page, "CSV"))
    assert len(rows) == SETS * 3
    for row in rows:
        if row["gene"] == "GNLY":
            ids = cells[row["set"].replace("Cluster ", "louvain-")]
            assert float(row["percentOfCells"]) == pytest.approx(100 * sum(values[cell] > 0 for cell in ids) / len(ids))
    page.locator(".xtick text", has_text="GNLY").click()
    expect(page).to_have_url(re.compile("colour=gene:GNLY"))


def test_a_heatmap_has_the_markers_in_order_and_real_values(page: Page, look: Open):
    look("plot=heatmap&heatmap.markers=2")
    markers = asked(page, {"name": "MarkerHeatmap", "nGenes": 2, "selectedCellSet": "louvain"})["orderedGeneNames"]
    assert page.locator(".ytick text").all_text_contents() == markers
    rows = rows_of(saved(page, "CSV"))
    values = expression_of(page, markers[0])
    assert len(rows) <= 1000
    assert len(drawn(page)[0]["z"]) == len(markers)
    assert all(float(row[markers[0]]) == pytest.approx(values[int(row["cell"])], abs=1e-6) for row in rows)


def test_a_trajectory_begins_where_somebody_says(page: Page, look: Open):
    look("plot=trajectory")
    expect(page.locator(".plot-words")).to_contain_text("click where it begins")
    page.get_by_label("begin in").select_option(label="Cluster 3")
    expect(page).to_have_url(re.compile(r"trajectory\.roots=\d+"))
    expect(page).to_have_url(re.compile("colour=overlay:pseudotime"))
    expect(page.locator(".plot-words")).to_contain_text("from 1 root")
    times = [row["pseudotime"] for row in rows_of(saved(page, "CSV"))]
    reached = [float(time) for time in times if time]
    assert len(times) == sum(map(len, cells_of(page).values()))
    assert words(page).startswith(f"{len(reached)} cells from 1 root")
    assert min(reached) >= 0

    nodes = next(trace for trace in drawn(page) if trace["name"] == "nodes")
    other = next(at for at, text in enumerate(nodes["text"]) if "root" not in text)
    click_point(page, "nodes", other)
    expect(page.locator(".plot-words")).to_contain_text("from 2 roots")
    page.get_by_role("button", name="Clear roots").click()
    expect(page.locator(".plot-words")).to_contain_text("click where it begins")


def test_every_set_is_compared_at_once(page: Page, look: Open):
    look("plot=batch")
    expect(page.locator(".batch tbody tr")).to_have_count(SETS)
    rows = rows_of(saved(page, "CSV"))
    assert {row["set"] for row in rows} == {f"Cluster {number}" for number in range(SETS)}
    chip = page.locator(".batch [data-gene]").first
    chip.click()
    expect(page).to_have_url(re.compile(f"colour=gene:{chip.get_attribute('data-gene')}"))
    expect(chip).to_have_attribute("aria-pressed", "true")


def test_controls_are_in_the_address_and_keep_the_focus(page: Page, look: Open):
    look("plot=dots&dots.markers=2")
    expect(page.get_by_label("of each")).to_have_value("2")
    page.get_by_label("within").focus()
    page.get_by_label("within").select_option(label="Cluster 1")
    expect(page).to_have_url(re.compile(r"dots\.within=louvain/louvain-1"))
    expect(page.get_by_label("within")).to_be_focused()
    expect(page.locator(".plot-body .failure")).to_contain_text("two groups")
    page.go_back()
    expect(page.get_by_label("within")).to_have_value("all")
    expect(page.locator(".plot-words")).to_contain_text("over 5 sets")


def test_nothing_chosen_is_explained(page: Page, demo_home: Home):
    page.goto(f"{demo_home.plan.gateway_url}/#explore/demo?plot=heatmap&heatmap.of=genes")
    expect(page.locator(".plot-body .hint")).to_contain_text("Tick genes in the list")
    page.goto(f"{demo_home.plan.gateway_url}/#explore/demo?plot=volcano&de.a=louvain/louvain-0&de.b=louvain/louvain-0")
    expect(page.locator(".plot-body .hint")).to_contain_text("the same set")


def test_what_fails_says_why_where_the_plot_would_be(page: Page, demo_home: Home):
    page.goto(f"{demo_home.plan.gateway_url}/#explore/demo?plot=violin&genes=NOSUCHGENE")
    expect(page.locator(".plot-body .failure")).to_contain_text("NOSUCHGENE")
    expect(page.locator(".plot-frame .exports")).to_have_count(0)
