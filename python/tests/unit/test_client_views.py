"""What people see while they wait."""

import sys
from types import SimpleNamespace

import pytest

from tandem.client import views
from tandem.client.views import View, html_bar
from tandem.client.waiting import wait_until_ended
from tandem.errors import StillOpen


def test_a_sweep_says_how_many_are_in_which_state():
    view = View("sweep", {"QUEUED": 1, "RUNNING": 0, "COMPLETE": 1200, "FAILED": 2})

    assert view.words == "1,202 of 1,203 ended: 1 queued, 1,200 complete, 2 failed"
    assert not view.ended
    assert View("sweep", {"COMPLETE": 2, "KILLED": 1}).ended


def test_a_job_says_its_state_and_its_share():
    assert View("job", {"RUNNING": 1}, share=0.25).part == 0.25
    assert View("job", {"RUNNING": 1}).words == "running"
    assert View("job", {"COMPLETE": 1}, share=0.25).part == 1.0


def test_a_notebook_shows_texts_as_texts():
    assert "<script>" not in html_bar(View("<script>", {"RUNNING": 1}, note="<script>"))


def test_a_notebook_draws_one_bar_anew(monkeypatch):
    shown = []
    handle = SimpleNamespace(update=lambda data, raw: shown.append(("anew", data["text/plain"], raw)))

    def display(data, raw, display_id):
        shown.append(("first", data["text/plain"], raw))
        return handle if display_id else None

    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    steps = iter([{"QUEUED": 1}, {"RUNNING": 1}, {"COMPLETE": 1}])

    wait_until_ended(lambda: View("job", next(steps)), timeout=None, quiet=False)

    assert shown == [("first", "job: queued", True), ("anew", "job: running", True), ("anew", "job: complete", True)]


def test_nobody_waits_longer_than_wanted():
    with pytest.raises(StillOpen, match=r"job is still running after 0\.1 s"):
        wait_until_ended(lambda: View("job", {"RUNNING": 1}), timeout=0.1, quiet=True)


def test_lines_come_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr(views.notes, "file", None)
    steps = iter([{"QUEUED": 2}, {"RUNNING": 1, "COMPLETE": 1}, {"COMPLETE": 2}])

    wait_until_ended(lambda: View("sweep", next(steps)), timeout=None, quiet=False)

    assert capsys.readouterr().err.splitlines() == [
        "sweep: 0 of 2 ended: 2 queued",
        "sweep: 2 of 2 ended: 2 complete",
    ]
