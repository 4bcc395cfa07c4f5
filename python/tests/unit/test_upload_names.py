"""An uploaded file is kept under its own name, or refused."""

import pytest

from tandem.gateway.upload_names import fault_in_upload
from tandem.litter import is_litter


@pytest.mark.parametrize(
    "name", ["a.h5ad", "sample1/matrix.mtx.gz", "a/b/c.csv", "Müller & Søn (1).h5", "..strange/no..pe"[2:], "a b/c"]
)
def test_names_of_people_are_kept(name: str):
    assert fault_in_upload(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "leads out"),
        ("../x", "leads out"),
        ("a/../../x", "leads out"),
        ("a/..", "leads out"),
        ("a//b", "empty"),
        ("a/", "empty"),
        ("", "empty"),
        (".ssh/config", "hidden"),
        ("a/.hidden", "hidden"),
        ("./a", "hidden"),
        ("a\\b", "signs"),
        ("..\\..\\x", "signs"),
        ("a\0b", "signs"),
        ("a\nb", "signs"),
        ("\u202egpj.exe", "signs"),
        ("x" * 256, "too long"),
        ("é" * 128, "too long"),
        ("/".join(["x" * 200] * 6), "too long"),
        ("/".join("abcdefghijk"), "too long"),
    ],
)
def test_names_that_do_harm_are_refused(name: str, reason: str):
    fault = fault_in_upload(name)
    assert fault is not None
    assert reason in fault


def test_what_desktops_leave_behind_is_left_out():
    assert is_litter("a/.DS_Store")
    assert is_litter("a/._matrix.mtx")
    assert is_litter("Thumbs.db")
    assert is_litter("__MACOSX/a/matrix.mtx")
    assert not is_litter("DS_Store.csv")
