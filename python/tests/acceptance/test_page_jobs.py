"""Jobs on the page, in a real browser, against a platform as a person starts it, with the programs that ship."""

import re
import shutil
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from fixtures.platform import ROOT, Home
from helpers.contrast import faint_texts

PROGRAMS = ("sleep_count", "chatty", "long_run", "model1", "model1_sum")
#: Milliseconds that a small job may take, with the runner's start.
JOB_MS = 30_000
#: What a view shows once it knows what to show.
SHOWN = ".view :is(tbody tr, article, form, .job-head h2, p.nothing):visible"
#: A program whose file nobody can read as one.
UNSOUND = 'name = "unsound"\ncommand = ["true"]\ncolour = "red"\n'
#: A program that leaves something of each kind that the page shows, and a line on each stream.
MIXED = """
import csv, json, pathlib, sys
from base64 import b64decode
results = pathlib.Path(sys.argv[1])
(results / "tables").mkdir()
with (results / "tables" / "values.csv").open("w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["gene", "value"])
    table.writerows([f"gene {n}, really", n % 7] for n in range(300))
svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="9" height="9"/></svg>'
(results / "plot.svg").write_text(svg)
(results / "found.json").write_text(json.dumps({"score": 0.5, "list": [1, 2]}))
(results / "matrix.npy").write_bytes(b"\\x93NUMPY")
print("to the first stream")
print("to the second stream", file=sys.stderr)
if "--fail" in sys.argv:
    sys.exit(3)
"""
MIXED_TOML = """
name = "mixed"
version = "1.0"
description = "Leaves files of several kinds."
command = ["python3", "{assets}/main.py", "{output}", "{mode}"]
[parameters.mode]
enum = ["--fine", "--fail"]
default = "--fine"
description = "How it ends."
"""


@pytest.fixture(scope="module")
def jobs_home(demo_home: Home) -> Home:
    """A platform with programs: some that ship, one of many results, one that is unsound."""
    programs = demo_home.layout.data / "programs"
    for name in PROGRAMS:
        shutil.copytree(ROOT / "data" / "programs" / name, programs / name, dirs_exist_ok=True)
    for name, toml in (("mixed", MIXED_TOML), ("unsound", UNSOUND)):
        (programs / name).mkdir(exist_ok=True)
        (programs / name / "program.toml").write_text(toml)
    (programs / "mixed" / "main.py").write_text(MIXED)
    return demo_home


def address(home: Home, view: str = "") -> str:
    return f"{home.plan.gateway_url}/#{view}"


def submit(home: Home, **wish: object) -> str:
    """A job, asked for beside the page; its id."""
    answer = httpx.post(f"{home.plan.gateway_url}/jobs", json={"force": True, **wish})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def counting(page: Page, home: Home, folder: Path, number: int) -> Locator:
    """Begin to count by the form; what is shown of the job."""
    (folder / "sleep_count").write_text(str(number))
    page.goto(address(home, "jobs"))
    page.get_by_role("link", name="New job").click()
    page.get_by_role("link", name="sleep_count").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(folder / "sleep_count")
    page.get_by_label("Name", exact=True).fill(f"to {number}")
    page.get_by_label("Run anew").check()
    page.get_by_role("button", name="Run", exact=True).click()
    shown = page.get_by_role("region", name="Job", exact=True)
    expect(shown.get_by_role("heading", name=f"to {number}")).to_be_visible()
    return shown


def test_a_job_is_begun_by_the_form_and_its_log_grows_until_it_is_killed(
    page: Page, jobs_home: Home, tmp_path: Path, screenshot
):
    shown = counting(page, jobs_home, tmp_path, 30)
    log = shown.get_by_role("log")
    expect(log).to_contain_text("1", timeout=JOB_MS)
    expect(log).to_contain_text("3")
    screenshot("job-log")
    shown.get_by_role("button", name="Kill to 30").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Kill to 30?")
    dialog.get_by_role("button", name="Kill", exact=True).click()
    expect(shown.get_by_text("killed", exact=True)).to_be_visible()
    expect(shown.get_by_role("button", name="Retry to 30")).to_be_visible()


def test_a_job_that_ends_shows_its_results_and_is_run_again_with_changes(page: Page, jobs_home: Home, tmp_path: Path):
    shown = counting(page, jobs_home, tmp_path, 1)
    expect(shown.get_by_text("done", exact=True)).to_be_visible(timeout=JOB_MS)
    shown.get_by_role("tab", name="Results").click()
    expect(shown.get_by_label("Text of output.txt")).to_contain_text("output")
    shown.get_by_role("tab", name="Inputs and parameters").click()
    expect(shown.get_by_role("table", name="Input files")).to_contain_text("sleep_count")
    shown.get_by_role("tab", name="Provenance").click()
    expect(shown.get_by_label("Provenance as JSON")).to_contain_text('"program"')
    shown.get_by_role("link", name="Run again with changes").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("to 1")
    expect(page.get_by_label("Inputs", exact=True)).to_contain_text("inputs of to 1")
    page.get_by_label("Run anew").check()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(shown.get_by_text("done", exact=True)).to_be_visible(timeout=JOB_MS)


def test_results_of_each_kind_are_shown(page: Page, jobs_home: Home, screenshot):
    job = submit(jobs_home, program="mixed")
    page.goto(address(jobs_home, f"jobs/{job}"))
    shown = page.get_by_role("region", name="Job", exact=True)
    expect(shown.get_by_text("done", exact=True)).to_be_visible(timeout=JOB_MS)
    log = shown.get_by_role("log")
    expect(log).to_contain_text("to the second stream")
    shown.get_by_label("Stream").select_option("stdout")
    expect(log).not_to_contain_text("to the second stream")
    shown.get_by_label("Find in the log").fill("FIRST")
    expect(shown).to_contain_text("1 of 1 line")

    shown.get_by_role("tab", name="Results").click()
    shown.get_by_role("button", name="values.csv").click()
    rows = shown.locator(".csv tbody tr")
    expect(rows).to_have_count(200)
    shown.get_by_role("button", name="value", exact=True).click()
    expect(rows.first).to_contain_text("6")
    screenshot("job-results")
    shown.get_by_role("button", name="plot.svg").click()
    picture = shown.get_by_role("img", name="plot.svg")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 40
    shown.get_by_role("button", name="found.json").click()
    expect(shown.get_by_label("Text of found.json")).to_contain_text('"score": 0.5')
    shown.get_by_role("button", name="matrix.npy").click()
    expect(shown).to_contain_text("Download it to see it.")
    with page.expect_download() as saved:
        shown.get_by_role("link", name="Download all").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"PK")


def test_what_failed_says_why_and_is_tried_again(page: Page, jobs_home: Home, screenshot):
    job = submit(jobs_home, program="mixed", parameters={"mode": "--fail"}, name="fails")
    page.goto(address(jobs_home, f"jobs/{job}"))
    shown = page.get_by_role("region", name="Job", exact=True)
    expect(shown.get_by_text("failed", exact=True)).to_be_visible(timeout=JOB_MS)
    expect(shown).to_contain_text("3")
    screenshot("job-failed")
    shown.get_by_role("button", name="Retry fails").click()
    expect(page).not_to_have_url(re.compile(job))
    expect(shown.get_by_text("failed", exact=True)).to_be_visible(timeout=JOB_MS)
    shown.get_by_role("button", name="Delete fails").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page).to_have_url(re.compile("#jobs$"))
    expect(page.get_by_role("table", name="Jobs")).to_contain_text("fails")


def test_a_sweep_is_begun_by_the_form_and_shows_its_table_and_scatter(page: Page, jobs_home: Home, screenshot):
    page.goto(address(jobs_home, "jobs/new?program=model1"))
    page.get_by_label("Sweep").check()
    page.get_by_label("a", exact=True).fill("0..4")
    expect(page.get_by_text("Makes 5 jobs")).to_be_visible()
    page.get_by_label("Reduce program").select_option("model1_sum")
    page.get_by_label("Name", exact=True).fill("five")
    page.get_by_label("Run anew").check()
    screenshot("sweep-form")
    page.get_by_role("button", name="Run 5 jobs").click()

    group = page.get_by_role("region", name="Group")
    expect(group).to_contain_text("5 of 5 ended: 5 done", timeout=2 * JOB_MS)
    table = group.get_by_role("table", name="Jobs of the group")
    expect(table.locator("tbody tr")).to_have_count(5)
    group.get_by_role("button", name="a", exact=True).click()
    expect(table.locator("tbody tr").first).to_contain_text("4")
    with page.expect_download() as saved:
        group.get_by_role("link", name="CSV").click()
    assert len(Path(saved.value.path()).read_text().splitlines()) == 6
    screenshot("group-table")

    group.get_by_role("tab", name="Scatter").click()
    expect(group.get_by_role("figure")).to_be_visible(timeout=JOB_MS)
    expect(group.locator(".scatterlayer .point")).to_have_count(5)
    screenshot("group-scatter")
    group.get_by_role("tab", name="Timeline").click()
    expect(group.get_by_role("img", name="Timeline")).to_be_visible()
    expect(group).to_contain_text("5 jobs in")
    screenshot("group-timeline")
    group.get_by_role("link", name="Result of the reduce program").click()
    job = page.get_by_role("region", name="Job", exact=True)
    expect(job.locator("pre")).to_contain_text("510", timeout=JOB_MS)

    page.goto(address(jobs_home, "jobs"))
    expect(page.get_by_role("row", name=re.compile("five 5 jobs"))).to_contain_text("5 of 5")


def test_the_list_is_filtered_by_its_link_and_keeps_what_is_chosen(
    page: Page, jobs_home: Home, browser_context, screenshot
):
    kept = submit(jobs_home, program="mixed", name="kept", tags={"batch": "7"})
    submit(jobs_home, program="model1", name="other")
    page.goto(address(jobs_home, "jobs"))
    table = page.get_by_role("table", name="Jobs")
    expect(table.get_by_role("link", name="other")).to_be_visible()
    table.get_by_label("Choose kept").first.check()
    screenshot("jobs")
    newer = submit(jobs_home, program="model1", name="newer")
    expect(page.locator(f'tr[data-key="{newer}"]')).to_be_visible()
    expect(page.locator(f'tr[data-key="{kept}"]').get_by_role("checkbox")).to_be_checked()
    page.get_by_label("Tags", exact=True).fill("batch=7")
    page.get_by_label("Program", exact=True).select_option("mixed")
    expect(table.get_by_role("link", name="other")).to_have_count(0)
    expect(page).to_have_url(re.compile("program=mixed.*tag=batch"))
    again = browser_context.new_page()
    again.goto(page.url)
    expect(again.locator(f'tr[data-key="{kept}"]')).to_be_visible()
    expect(again.get_by_label("Tags", exact=True)).to_have_value("batch=7")
    expect(again.get_by_label("Program", exact=True)).to_have_value("mixed")
    page.get_by_role("button", name="Show all").click()
    expect(table.get_by_role("link", name="other").first).to_be_visible()


def test_rows_are_walked_chosen_and_opened_by_the_keyboard(page: Page, jobs_home: Home):
    first, second = (submit(jobs_home, program="model1", name=name) for name in ("first", "second"))
    page.goto(address(jobs_home, "jobs"))
    page.locator(f'tr[data-key="{second}"]').focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f'tr[data-key="{first}"]')).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("group", name="Chosen jobs")).to_contain_text("1 chosen")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"#jobs/{first}"))


def test_what_does_not_fit_is_said_at_its_field(page: Page, jobs_home: Home, complaints: list[str]):
    page.goto(address(jobs_home, "jobs/new?program=chatty"))
    number = page.get_by_label("lines", exact=True)
    number.fill("0")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("It is 1 or more.")).to_be_visible()
    expect(number).to_be_focused()
    number.fill("2")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Queue", exact=True).fill("NOT A QUEUE")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_label("Queue", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Queue", exact=True)).to_be_focused()
    complaints[:] = [one for one in complaints if "422" not in one]


def test_programs_say_what_they_want_and_what_is_wrong_with_them(page: Page, jobs_home: Home, screenshot):
    page.goto(address(jobs_home, "jobs/programs"))
    unsound = page.get_by_role("article", name="unsound")
    expect(unsound).to_contain_text("It cannot be run until this is put right")
    expect(unsound).to_contain_text("colour")
    expect(unsound.get_by_role("link", name="New job")).to_have_count(0)
    screenshot("programs")
    page.get_by_role("article", name="mixed").get_by_role("link", name="New job").click()
    expect(page.get_by_label("mode", exact=True)).to_have_value("0")


def test_a_data_set_is_added_read_and_removed(page: Page, jobs_home: Home, tmp_path: Path):
    (tmp_path / "sleep_count").write_text("0")
    page.goto(address(jobs_home, "jobs/data"))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add files").click()
    chooser.value.set_files(tmp_path / "sleep_count")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("nothing-to-count")
    dialog.get_by_role("button", name="Add", exact=True).click()
    row = page.get_by_role("row", name=re.compile("nothing-to-count"))
    expect(row).to_contain_text("1 B")
    row.get_by_role("link", name="Use").click()
    page.get_by_role("link", name="sleep_count").click()
    expect(page.get_by_label("Inputs", exact=True)).to_contain_text("data set nothing-to-count")
    page.get_by_role("button", name="Run", exact=True).click()
    shown = page.get_by_role("region", name="Job", exact=True)
    expect(shown.get_by_text("done", exact=True)).to_be_visible(timeout=JOB_MS)
    page.goto(address(jobs_home, "jobs/data"))
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(row).to_have_count(0)


def test_a_job_is_scheduled_and_the_schedule_removed(page: Page, jobs_home: Home):
    page.goto(address(jobs_home, "jobs/new?program=model1"))
    page.get_by_role("button", name="Schedule…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("nightly")
    dialog.get_by_label("When").fill("0 3 * * *")
    dialog.get_by_label("Time zone").fill("UTC")
    dialog.get_by_role("button", name="Schedule", exact=True).click()
    row = page.get_by_role("row", name=re.compile("nightly"))
    expect(row).to_contain_text("model1")
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(row).to_have_count(0)


def test_a_line_that_a_job_said_leads_to_its_place(page: Page, jobs_home: Home):
    job = submit(jobs_home, program="mixed", name="talks")
    page.goto(address(jobs_home, f"jobs/{job}"))
    shown = page.get_by_role("region", name="Job", exact=True)
    expect(shown.get_by_text("done", exact=True)).to_be_visible(timeout=JOB_MS)
    page.get_by_role("link", name="Logs").click()
    page.get_by_label("Text in logs").fill("SECOND stream")
    page.get_by_role("list", name="Lines found").get_by_role("link", name="talks").first.click()
    expect(page).to_have_url(re.compile(job))
    expect(shown.locator(".line.current mark")).to_have_text("second stream")


def test_several_jobs_are_killed_together(page: Page, jobs_home: Home):
    jobs = [submit(jobs_home, program="long_run", name=f"long {n}") for n in range(3)]
    page.goto(address(jobs_home, "jobs"))
    for job in jobs:
        page.locator(f'tr[data-key="{job}"]').get_by_role("checkbox").check()
    page.get_by_role("group", name="Chosen jobs").get_by_role("button", name="Kill 3").click()
    expect(page.get_by_role("dialog")).to_contain_text("Kill 3 jobs?")
    page.get_by_role("dialog").get_by_role("button", name="Kill", exact=True).click()
    for job in jobs:
        expect(page.locator(f'tr[data-key="{job}"]')).to_contain_text("killed")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_of_jobs_stands_out(page: Page, jobs_home: Home, theme: str, screenshot):
    job = submit(jobs_home, program="mixed", parameters={"mode": "--fail"})
    page.add_init_script(f"localStorage.setItem('tandem-theme', '{theme}')")
    parts = ("", f"/{job}", "/new", "/new?program=mixed", "/programs", "/data", "/schedules", "/logs")
    for place, view in enumerate(f"jobs{part}" for part in parts):
        page.goto(address(jobs_home, view))
        page.locator(SHOWN).first.wait_for()
        screenshot(f"jobs-{place}-{theme}")
        measured, faint = faint_texts(page)
        assert measured > 10
        assert not faint, f"{view} in the {theme}: {faint}"
