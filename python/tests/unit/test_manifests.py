"""Manifests: which names inputs may have, and what names the same files."""

from hashlib import sha256
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.errors import InputUnfit
from tandem.jobs.inputs.manifest import Entry, Manifest, checked

ONE, TWO = sha256(b"1").hexdigest(), sha256(b"2").hexdigest()


def paths(manifest):
    return [entry.path for entry in manifest.entries]


@pytest.mark.parametrize(
    "path", ["a", "a/b/c.csv", ".hidden", "a/.hidden", "ä ö.txt", "...", "a..b", "-x", "C:", "x" * 255, "名前/データ"]
)
def test_plain_paths_are_taken(path):
    assert checked(path) == path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        *((path, "leads out of the folder") for path in ("..", "../x", "a/../../x", "a/..", ".", "a/./b")),
        *((path, "is empty, or it begins or ends with '/'") for path in ("", "/etc/passwd", "a//b", "a/", "/")),
        *((path, "has signs that") for path in ("a\\b", "..\\x", "a\nb", "a\0b", "\x1b[0m", "\ud800", "a\u202eb")),
        *((path, "is too long") for path in ("x" * 256, "ä" * 128, "a/" * 32 + "a", "/".join(["x" * 200] * 6))),
    ],
)
def test_other_paths_are_refused_with_the_reason(path, said):
    with pytest.raises(InputUnfit, match=said) as caught:
        Entry(path, ONE, 1)
    assert str(caught.value.facts["field"]).isprintable()


@given(st.text(st.sampled_from("a./\\\0 \n~:é"), max_size=12))
def test_what_is_taken_stays_inside_of_its_folder(path):
    try:
        checked(path)
    except InputUnfit:
        return
    parts = PurePosixPath("/folder", path).parts
    assert parts[:2] == ("/", "folder")
    assert len(parts) > 2
    assert ".." not in parts
    assert str(PurePosixPath(path)) == path


ENTRIES = st.lists(
    st.builds(
        Entry, st.sampled_from(["a", "b", "c/d", "c/e", "f/g/h"]), st.sampled_from([ONE, TWO]), st.integers(0, 9)
    ),
    unique_by=lambda entry: entry.path,
)


@given(entries=ENTRIES, other=st.randoms())
def test_the_order_of_files_makes_no_difference(entries, other):
    shuffled = list(entries)
    other.shuffle(shuffled)
    assert Manifest(shuffled) == Manifest(entries)
    assert Manifest(shuffled).hash == Manifest(entries).hash
    assert Manifest(entries).size == sum(entry.size for entry in entries)


@given(ENTRIES, ENTRIES)
def test_other_files_or_names_have_another_hash(one, other):
    named = [{entry.path: entry.sha256 for entry in entries} for entries in (one, other)]
    assert (Manifest(one).hash == Manifest(other).hash) == (named[0] == named[1])


@given(ENTRIES)
def test_what_is_written_is_read_back(entries):
    assert Manifest.from_json(Manifest(entries).to_json()) == Manifest(entries)


def test_what_is_read_is_checked():
    for path in ("../x", "/x"):
        with pytest.raises(InputUnfit):
            Manifest.from_json(f'[{{"path": "{path}", "sha256": "{ONE}", "size": 1}}]')


def test_manifests_merge():
    merged = Manifest([Entry("a", ONE, 1), Entry("b", ONE, 1)]).merged(
        Manifest([Entry("b", ONE, 1), Entry("c", TWO, 1)])
    )
    assert paths(merged) == ["a", "b", "c"]


def test_any_number_of_manifests_become_one():
    parts = [Manifest([Entry(f"{number}/a", ONE, 1), Entry("common", TWO, 1)]) for number in range(3)]
    assert paths(Manifest.together(parts)) == ["0/a", "1/a", "2/a", "common"]
    assert Manifest.together([]) == Manifest()


def test_two_files_of_one_path_are_refused():
    with pytest.raises(InputUnfit, match="The input a/b cannot be used: there are two different files"):
        Manifest([Entry("a/b", ONE, 1)]).merged(Manifest([Entry("a/b", TWO, 1)]))


@pytest.mark.parametrize("other", ["a/b/c", "a/b"])
def test_a_file_where_another_needs_a_folder_is_refused(other):
    with pytest.raises(InputUnfit, match="The input a cannot be used: it is a file, and a/b"):
        Manifest([Entry("a", ONE, 1), Entry("a.x", ONE, 1), Entry(other, ONE, 1)])


def test_too_many_files_are_refused(monkeypatch):
    monkeypatch.setattr("tandem.jobs.inputs.manifest.MOST_FILES", 2)
    with pytest.raises(InputUnfit, match="there are more than 2"):
        Manifest(Entry(str(number), ONE, 1) for number in range(3))


@pytest.mark.parametrize(
    ("before", "to", "after"),
    [
        (["x.csv"], "y.csv", ["y.csv"]),
        (["a/x.csv"], "b/y.csv", ["b/y.csv"]),
        (["x.csv"], "folder/", ["folder/x.csv"]),
        (["x", "y"], "folder", ["folder/x", "folder/y"]),
        (["a/x", "y"], "b/c/", ["b/c/a/x", "b/c/y"]),
        ([], "folder", []),
    ],
)
def test_files_are_moved(before, to, after):
    assert paths(Manifest(Entry(path, ONE, 1) for path in before).moved(to)) == after


@pytest.mark.parametrize("to", ["../x", "/x", "a/../../b", "/", "a\\b"])
def test_files_are_not_moved_out(to):
    for before in (["x"], ["x", "y"]):
        with pytest.raises(InputUnfit):
            Manifest(Entry(path, ONE, 1) for path in before).moved(to)
