"""The page in a browser: from the load of the address to the first picture of an experiment."""

from playwright.sync_api import Browser, sync_playwright

from bench.experiments import ROOT, Experiments
from bench.parts.found import ROUNDS, Found
from bench.platform_home import platform
from bench.rows import Row

CHROMIUM = "/usr/bin/chromium"
#: What the first picture is held to, in seconds, by the number of cells.
DEMO_S, LARGE_S, LARGE_CELLS = 1.5, 4.0, 200_000
#: How long a picture may take before it is given up, in milliseconds; the very first waits for a UMAP of all cells.
PICTURE_MS = 900_000
#: What there is when points are drawn, and the mark that the page sets then.
DRAWN, MARK = ".embedding[data-drawn]", "tandem-first-picture"


def measure(experiments: Experiments) -> Found:
    """The demo, and each size there is."""
    found = Found()
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        found.versions["Chromium"] = browser.version
        with platform("demo", data=ROOT / "data") as running:
            found.rows.append(_row(browser, running.address, "demo", "the demo", DEMO_S))
        for size in filter(None, (experiments.base, experiments.large)):
            with platform(size.size) as running:
                target = LARGE_S if size.cells >= LARGE_CELLS else None
                found.rows.append(_row(browser, running.address, size.size, f"{size.size} cells", target))
        browser.close()
    return found


def _row(browser: Browser, address: str, experiment: str, what: str, target: float | None) -> Row:
    first, *later = [_seconds_to_picture(browser, address, experiment) for _ in range(ROUNDS + 1)]
    note = f"each in a fresh browser profile, on a processor's WebGL; the very first, which computes: {first:.2f} s"
    return Row(f"page: from load to the first picture, {what}", "s", later, at_most=target, note=note)


def _seconds_to_picture(browser: Browser, address: str, experiment: str) -> float:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    try:
        page = context.new_page()
        page.goto(f"{address}/#explore/{experiment}")
        page.wait_for_selector(DRAWN, timeout=PICTURE_MS)
        return float(page.evaluate(f"performance.getEntriesByName('{MARK}')[0].startTime")) / 1000
    finally:
        context.close()
