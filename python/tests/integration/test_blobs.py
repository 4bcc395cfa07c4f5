"""Files by their hash: each once in the store, and on this machine as links to one that is only read."""

import errno
import os
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from tandem.errors import InputGone
from tandem.jobs.inputs.blobs import EMPTY, Blobs
from tandem.jobs.inputs.manifest import Entry
from tandem.stores import Store
from tandem.stores.folder import FolderStore

CONTENT = b"some cells\n" * 1000


@pytest.fixture
def blobs(any_store: Store, tmp_path: Path) -> Blobs:
    return Blobs(any_store, tmp_path / "cache")


def keep(blobs: Blobs, path: str, content: bytes) -> Entry:
    return Entry(path, *blobs.keep(BytesIO(content)))


def place(blobs: Blobs, folder: Path, *entries: Entry) -> dict[str, bytes]:
    folder.mkdir()
    blobs.place(entries, folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def keys(store: Store) -> list[str]:
    return [found.key for found in store.list("blobs/")]


def test_what_is_kept_has_its_hash_for_a_name(blobs: Blobs, any_store: Store) -> None:
    file = BytesIO(CONTENT)
    file.read(100)
    name, size = blobs.keep(file)
    assert (name, size) == (sha256(CONTENT).hexdigest(), len(CONTENT))
    assert keys(any_store) == [f"blobs/{name}"]
    with blobs.open(name) as body:
        assert body.read() == CONTENT


def test_the_same_content_is_kept_once(blobs: Blobs, any_store: Store) -> None:
    assert keep(blobs, "a", CONTENT).sha256 == keep(blobs, "b", CONTENT).sha256
    assert len(keys(any_store)) == 1


def test_an_empty_file_is_a_file_like_any_other(blobs: Blobs, any_store: Store, tmp_path: Path) -> None:
    empty = keep(blobs, "a/empty", b"")
    assert (empty.sha256, empty.size, keys(any_store)) == (EMPTY, 0, [])
    assert blobs.has(EMPTY)
    assert place(blobs, tmp_path / "run", empty, Entry("other", EMPTY, 0)) == {"a/empty": b"", "other": b""}
    with blobs.open(EMPTY) as body:
        assert body.read() == b""


def test_files_appear_in_folders_to_be_read_only(blobs: Blobs, tmp_path: Path) -> None:
    entries = [keep(blobs, f"{name}/x.csv", name.encode() * 50) for name in ("a", "b", "c/d")]
    placed = place(blobs, tmp_path / "run", *entries, Entry("again", entries[0].sha256, 50))
    assert placed == {"a/x.csv": b"a" * 50, "b/x.csv": b"b" * 50, "c/d/x.csv": b"c/d" * 50, "again": b"a" * 50}
    assert all(path.stat().st_mode & 0o777 == 0o444 for path in (tmp_path / "run").rglob("*") if path.is_file())


def test_runs_share_one_copy(blobs: Blobs, tmp_path: Path) -> None:
    entry = keep(blobs, "x", CONTENT)
    for run in ("one", "two"):
        place(blobs, tmp_path / run, entry)
    assert (tmp_path / "one" / "x").samefile(tmp_path / "two" / "x")


def test_another_runner_of_the_same_machine_shares_it_too(blobs: Blobs, any_store: Store, tmp_path: Path) -> None:
    entry = keep(blobs, "x", CONTENT)
    place(blobs, tmp_path / "one", entry)
    place(Blobs(any_store, tmp_path / "cache"), tmp_path / "two", entry)
    assert (tmp_path / "one" / "x").samefile(tmp_path / "two" / "x")


def test_deleting_a_run_leaves_the_others(blobs: Blobs, tmp_path: Path) -> None:
    entry = keep(blobs, "x", CONTENT)
    place(blobs, tmp_path / "one", entry)
    (tmp_path / "one" / "x").unlink()
    assert place(blobs, tmp_path / "two", entry) == {"x": CONTENT}


def test_what_is_not_kept_any_more_is_told_by_its_name(blobs: Blobs, any_store: Store, tmp_path: Path) -> None:
    there, gone = keep(blobs, "there", b"1"), keep(blobs, "folder/gone", b"2")
    any_store.delete(f"blobs/{gone.sha256}")
    (tmp_path / "run").mkdir()
    with pytest.raises(InputGone, match="not there any more: folder/gone"):
        blobs.place([there, gone], tmp_path / "run")
    with pytest.raises(InputGone), blobs.open(gone.sha256):
        pass
    assert not blobs.has(gone.sha256)


def test_what_was_damaged_in_the_store_is_never_placed(blobs: Blobs, any_store: Store, tmp_path: Path) -> None:
    entry = keep(blobs, "x", CONTENT)
    any_store.put(f"blobs/{entry.sha256}", BytesIO(b"other"), content_type="text/plain", replace=True)
    (tmp_path / "run").mkdir()
    with pytest.raises(InputGone, match="is damaged"):
        blobs.place([entry], tmp_path / "run")
    assert list((tmp_path / "cache").iterdir()) == []


def test_where_no_links_can_be_made_files_are_copied(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, link = keep(blobs, "x", CONTENT), os.link

    def only_in_cache(source: Path, target: Path) -> None:
        if Path(target).parent == tmp_path / "run":
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        link(source, target)

    monkeypatch.setattr("tandem.jobs.inputs.blobs.os.link", only_in_cache)
    assert place(blobs, tmp_path / "run", entry) == {"x": CONTENT}
    state = (tmp_path / "run" / "x").stat()
    assert (state.st_nlink, state.st_mode & 0o777) == (1, 0o444)


def test_a_store_in_a_folder_needs_no_second_copy(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store", "bucket")
    blobs = Blobs(store, tmp_path / "cache")
    entry = keep(blobs, "x", CONTENT)
    place(blobs, tmp_path / "run", entry)
    assert (tmp_path / "run" / "x").samefile(tmp_path / "store" / "bucket" / "blobs" / entry.sha256)
    assert not (tmp_path / "cache").exists()
    assert store.head(f"blobs/{entry.sha256}").content_type == "application/octet-stream"


def test_what_was_written_to_behind_the_back_of_a_store_is_not_placed(tmp_path: Path) -> None:
    blobs = Blobs(FolderStore(tmp_path / "store", "bucket"), tmp_path / "cache")
    entry = keep(blobs, "x", CONTENT)
    body = tmp_path / "store" / "bucket" / "blobs" / entry.sha256
    body.chmod(0o600)
    body.write_bytes(CONTENT[::-1])
    (tmp_path / "run").mkdir()
    with pytest.raises(InputGone, match="is damaged"):
        blobs.place([entry], tmp_path / "run")
    # Whoever brings the file again mends it.
    assert keep(blobs, "x", CONTENT) == entry
    assert place(blobs, tmp_path / "again", entry) == {"x": CONTENT}


def test_copies_that_nobody_has_read_for_long_go_and_so_does_what_the_dead_left(tmp_path: Path) -> None:
    cache, empty = tmp_path / "cache", Entry("e", EMPTY, 0)  # which no store has, so that there is a copy
    blobs = Blobs(FolderStore(tmp_path / "store", "bucket"), cache)
    place(blobs, tmp_path / "one", empty)
    (cache / ".scratch-left").mkdir()
    (cache / "experiments").mkdir()
    for path in cache.iterdir():
        os.utime(path, (0, 0))
    (cache / ".scratch-used").mkdir()
    place(blobs, tmp_path / "two", empty)
    blobs.tidy()
    assert {path.name for path in cache.iterdir()} == {EMPTY, "experiments", ".scratch-used"}

    os.utime(cache / EMPTY, (0, 0))
    blobs.tidy()
    assert not (cache / EMPTY).exists()
    assert (tmp_path / "two" / "e").exists()
    assert place(blobs, tmp_path / "three", empty) == {"e": b""}


def test_a_copy_that_goes_this_very_moment_is_made_again(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, at_hand, gone = keep(blobs, "x", CONTENT), blobs._at_hand, [tmp_path / "gone"]
    monkeypatch.setattr(blobs, "_at_hand", lambda name: gone.pop() if gone else at_hand(name))
    assert place(blobs, tmp_path / "run", entry) == {"x": CONTENT}
