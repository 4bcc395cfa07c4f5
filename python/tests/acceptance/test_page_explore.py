"""Exploring the demo in a browser, as a scientist does."""

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from fixtures.browser import Screenshot
from fixtures.platform import Home

CELLS = 559
#: A rectangle around one of the demo's islands of cells, in shares of the stage.
AROUND = ((0.6, 0.02), (0.98, 0.02), (0.98, 0.5), (0.6, 0.5))
DRAWN = ".embedding[data-drawn]"
#: How many colours the stage shows.
COLOURS = """() => {
  const stage = document.querySelector('.stage canvas');
  const copy = Object.assign(document.createElement('canvas'), {width: 60, height: 60});
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
    copy.getContext('2d').drawImage(stage, 0, 0, 60, 60);
    resolve(new Set(new Uint32Array(copy.getContext('2d').getImageData(0, 0, 60, 60).data.buffer)).size);
  })));
}"""
JSON_MERGER = "application/boschni-json-merger+json"

Explore = Callable[[str], Page]


@pytest.fixture
def explore(page: Page, demo_home: Home) -> Iterator[Explore]:
    """Open the demo with a query in its address; the cell sets are afterwards as they were."""
    sets = f"{demo_home.plan.gateway_url}/v2/experiments/demo/cellSets"
    before = httpx.get(sets).json()["cellSets"]

    def go(query: str = "") -> Page:
        page.goto("about:blank")
        page.goto(f"{demo_home.plan.gateway_url}/#explore/demo{query}")
        expect(page.locator(DRAWN)).to_be_visible()
        expect(page.locator("button.gene").first).to_be_attached()
        return page

    yield go
    page.goto("about:blank")
    now = httpx.get(sets).json()["cellSets"]
    if now != before:
        away = [
            {"$match": {"query": f"$[?(@.key == {json.dumps(one['key'])})]", "value": {"$remove": True}}} for one in now
        ]
        back = [{"$append": one} for one in before]
        httpx.patch(sets, content=json.dumps([*away, *back]), headers={"Content-Type": JSON_MERGER}).raise_for_status()


def set_button(page: Page, name: str) -> object:
    """The button of a set in the tree."""
    return page.locator(".tree button.set", has=page.get_by_text(name, exact=True))


def draw_lasso(page: Page) -> None:
    """Around an island of cells, by mouse."""
    box = page.locator(".stage").bounding_box()
    assert box is not None
    page.keyboard.press("l")
    corners = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in AROUND]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        page.mouse.move(*corner, steps=3)
    page.mouse.up()


def test_the_first_picture_says_what_it_shows(explore: Explore, screenshot: Screenshot) -> None:
    page = explore("")
    expect(page.locator("#title")).to_contain_text(f"{CELLS} cells")
    expect(page.locator(".tree button.set").first).to_be_visible()
    words = page.locator(".stage canvas").get_attribute("aria-label") or ""
    assert re.match(rf"UMAP of {CELLS} cells, coloured by .+\. Cluster 0 \d+", words)
    expect(page.locator(".stage .labels text").first).to_have_text(re.compile("Cluster"))
    screenshot("explore-light")


def test_a_gene_colours_the_cells_and_the_address_tells(explore: Explore, screenshot: Screenshot) -> None:
    page = explore("")
    page.keyboard.press("/")
    page.keyboard.type("^LYZ$")
    row = page.locator("button.gene", has_text="LYZ")
    expect(page.locator("button.gene")).to_have_count(1)
    row.click()
    expect(page.locator(".colour-bar")).to_be_visible()
    expect(page).to_have_url(re.compile(r"colour=gene:LYZ"))
    screenshot("explore-gene")
    page.get_by_role("slider", name="Where the scale ends").press("ArrowLeft")
    expect(page).to_have_url(re.compile("cap="))
    page.go_back()
    expect(page.locator(".legend ul")).to_be_visible()
    page.go_forward()
    expect(page.locator(".colour-bar")).to_be_visible()


def test_genes_are_searched_sorted_and_paged(explore: Explore) -> None:
    page = explore("")
    first = page.locator("button.gene .set-name").first.inner_text()
    page.get_by_label("Next page").click()
    expect(page.locator(".all-genes .pager")).to_contain_text(re.compile("51.100 of"))
    assert page.locator("button.gene .set-name").first.inner_text() != first
    page.get_by_label("Sort by").select_option("name")
    expect(page.locator(".all-genes .pager")).to_contain_text(re.compile("1.50 of"))
    page.get_by_label("Search genes").fill("no such gene")
    expect(page.locator(".gene-list")).to_contain_text("No gene is called no such gene")


def test_names_that_are_pasted_become_chosen_genes(explore: Explore) -> None:
    page = explore("")
    page.get_by_label("Add genes by name").fill("LYZ, cd14; NOSUCH1")
    page.get_by_label("Add genes by name").press("Enter")
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.locator(".chosen-genes")).to_contain_text("Not found: NOSUCH1")
    expect(page).to_have_url(re.compile(r"genes=LYZ,CD14"))
    page.get_by_label("Take out LYZ").click()
    expect(page.locator(".chip")).to_have_count(1)


def test_a_lasso_becomes_a_set_that_can_be_renamed_and_deleted(explore: Explore, screenshot: Screenshot) -> None:
    page = explore("")
    expect(page.locator(".tree")).to_contain_text("Draw a lasso on the plot")
    draw_lasso(page)
    expect(page.locator(".naming")).to_contain_text("cells")
    page.keyboard.type("Island")
    page.keyboard.press("Enter")
    expect(set_button(page, "Island")).to_be_visible()
    set_button(page, "Island").click()
    screenshot("explore-own-set")
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("Monocytes")
    page.keyboard.press("Enter")
    expect(set_button(page, "Monocytes")).to_be_visible()
    page.get_by_role("toolbar", name="Chosen sets").get_by_role("button", name="Delete").click()
    expect(set_button(page, "Monocytes")).to_have_count(0)
    page.locator(".notice", has_text="is deleted").get_by_role("button", name="Undo").click()
    expect(set_button(page, "Monocytes")).to_be_visible()


def test_sets_are_merged_and_shown_alone(explore: Explore) -> None:
    page = explore("")
    for name in ("Cluster 0", "Cluster 1"):
        set_button(page, name).click()
    page.get_by_role("button", name="Merge").click()
    page.keyboard.press("Enter")
    merged = set_button(page, "Cluster 0 + Cluster 1")
    counts = [int(set_button(page, name).locator(".count").inner_text()) for name in ("Cluster 0", "Cluster 1")]
    expect(merged.locator(".count")).to_have_text(str(sum(counts)))
    page.get_by_role("button", name="Show only").click()
    expect(page.locator(".toolbar .only")).to_contain_text("Only 2 sets")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").first.click()
    assert len(download.value.path().read_text().splitlines()) == 1 + sum(counts)


def test_cells_by_expression_become_a_set(explore: Explore) -> None:
    page = explore("?genes=LYZ")
    page.get_by_role("button", name="By expression").click()
    page.get_by_role("button", name="Make the set").click()
    expect(set_button(page, "LYZ>0")).to_be_visible()


def test_clusters_are_made_anew_while_the_page_stays_usable(explore: Explore) -> None:
    page = explore("?colour=gene:LYZ")
    page.get_by_role("button", name="Recluster").click()
    page.get_by_label("Resolution").fill("2")
    page.get_by_role("button", name="Cluster", exact=True).click()
    expect(page.locator(".notice")).to_contain_text(re.compile(r"Louvain found \d+ clusters"), timeout=60_000)
    assert page.locator(".tree section").first.locator("button.set").count() > 5
    expect(page).to_have_url(re.compile(r"colour=set:louvain"))


def test_work_under_way_is_cancelled_where_it_shows(explore: Explore) -> None:
    page = explore("")
    page.get_by_role("button", name="Recluster").click()
    page.get_by_role("button", name="Cluster", exact=True).click()
    page.locator(".work").get_by_role("button", name="Cancel").click()
    expect(page.locator(".work .failure")).to_contain_text("Clustering was cancelled")
    page.get_by_label("Dismiss Clustering").click()
    expect(page.locator(".work")).to_be_empty()


def test_a_link_opens_the_same_view(explore: Explore) -> None:
    page = explore("?colour=gene:LYZ&layout=pca&genes=LYZ,CD14&only=louvain/louvain-0")
    page.locator(".stage").focus()
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile("zoom="))
    page.get_by_role("button", name="Copy link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    seen = page.locator(".stage canvas").get_attribute("aria-label")
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator(DRAWN)).to_be_visible()
    expect(page.locator(".stage canvas")).to_have_attribute("aria-label", seen or "")
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.locator(".toolbar .only")).to_contain_text("Only Cluster 0")
    expect(page).to_have_url(link)


def test_the_view_is_driven_by_keys_alone(explore: Explore) -> None:
    page = explore("")
    page.locator(".tree button.class").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".chosen-sets")).to_contain_text("Cluster 0")
    page.keyboard.press("Escape")
    expect(page.locator(".chosen-sets")).to_be_empty()
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".colour-bar")).to_be_visible()
    page.keyboard.press("l")
    for leap in ("Shift+ArrowLeft", "Shift+ArrowUp", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown"):
        for _ in range(20):
            page.keyboard.press(leap)
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".naming")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".naming")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("search genes")


def test_dark_and_narrow_it_looks_as_well(explore: Explore, screenshot: Screenshot) -> None:
    page = explore("")
    page.get_by_role("button", name="dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    screenshot("explore-dark")
    for width in (1100, 900, 700):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator(".panel.sets")).to_be_hidden()
    page.get_by_role("button", name="Cell sets").click()
    expect(page.locator(".panel.sets")).to_be_visible()
    screenshot("explore-narrow")


def test_without_webgl_the_cells_are_drawn_all_the_same(page: Page, explore: Explore) -> None:
    page.add_init_script(
        """const all = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
          return kind.startsWith("webgl") ? null : all.call(this, kind, ...more);
        };"""
    )
    assert explore("").evaluate(COLOURS) > 5


def test_what_is_refused_says_so_where_it_happened(
    page: Page, explore: Explore, complaints: list[str], screenshot: Screenshot
) -> None:
    def refuse(route: Route) -> None:
        if route.request.method == "PATCH":
            problem = {
                "title": "Conflict",
                "status": 409,
                "detail": "Somebody else changes them now.",
                "requestId": "r-1",
            }
            route.fulfill(status=409, json=problem)
        else:
            route.fallback()

    page.route("**/cellSets", refuse)
    explore("")
    draw_lasso(page)
    page.keyboard.press("Enter")
    expect(page.locator(".naming .failure")).to_contain_text("Somebody else changes them now.")
    expect(page.locator(".naming input")).to_have_value("Set 1")
    screenshot("explore-refused")
    assert all("409" in complaint for complaint in complaints)
    complaints.clear()


def test_whoever_is_not_known_signs_in_and_sees_the_view(
    page: Page, demo_home: Home, complaints: list[str], screenshot: Screenshot
) -> None:
    signed_in = False

    def guard(route: Route) -> None:
        if signed_in:
            route.fallback()
        else:
            route.fulfill(status=401, json={"title": "Unauthorized", "status": 401, "detail": "A token is needed."})

    def take(route: Route) -> None:
        nonlocal signed_in
        if route.request.method == "GET":
            return route.fulfill(json={"role": "admin" if signed_in else None, "tokensNeeded": True})
        signed_in = route.request.post_data_json == {"token": "right"}
        return route.fulfill(status=200 if signed_in else 401, json={"detail": "No such token."})

    for path in ("experiments/*", "v2/**", "tasks**"):
        page.route(f"**/{path}", guard)
    page.route("**/session", take)
    page.goto(f"{demo_home.plan.gateway_url}/#explore/demo?genes=LYZ")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    for token, outcome in (("wrong", ".failure"), ("right", ".stage")):
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(outcome).first).to_be_visible()
        screenshot(f"sign-in-{token}")
    expect(page.locator(".chip")).to_have_text(re.compile("LYZ"))
    assert all("401" in complaint for complaint in complaints)
    complaints.clear()
