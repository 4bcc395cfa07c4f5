"""What a folder must survive: dying writers, full disks, files that people put there."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from io import BytesIO
from pathlib import Path

import pytest

from tandem import durable
from tandem.errors import StoreUnavailable
from tandem.stores.folder import FolderStore


def run(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Another Python process with this one's path."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


WRITE_FOR_EVER = """
    import sys
    from io import BytesIO
    from pathlib import Path
    from tandem.stores.folder import FolderStore
    store = FolderStore(Path(sys.argv[1]), "b")
    for number in range(10**9):
        body = bytes([number % 256]) * 300_000
        store.put(f"key-{number % 7}", BytesIO(body), content_type=f"t/{body[0]}", replace=True)
"""


def test_a_writer_killed_at_any_moment_leaves_only_whole_objects_each_with_its_own_type(tmp_path: Path) -> None:
    seen = 0
    for round_ in range(12):
        writer = run(WRITE_FOR_EVER, tmp_path)
        while not (tmp_path / "b" / ".incoming").exists():
            time.sleep(0.01)
        time.sleep(0.15 + round_ * 0.007)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        store = FolderStore(tmp_path, "b")
        assert list((tmp_path / "b" / ".incoming").iterdir()) == []
        for found in store.list():
            with store.get(found.key) as body:
                content = body.read()
            assert content == content[:1] * 300_000
            assert found.content_type == f"t/{content[0]}"
            seen += 1
    assert seen > 12


def test_the_draft_of_a_living_writer_is_not_swept(tmp_path: Path) -> None:
    class Slow(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            FolderStore(tmp_path, "b")
            return super().read(size)

    assert FolderStore(tmp_path, "b").put("k", Slow(b"body"), content_type="t/t")
    assert left_over(tmp_path)[0] == "k"


def test_a_draft_that_goes_while_drafts_are_swept_is_nobodys_trouble(tmp_path: Path) -> None:
    FolderStore(tmp_path, "b")
    # As a draft is whose writer removes it between the listing of the folder and the opening of the file.
    (tmp_path / "b" / ".incoming" / "gone").symlink_to(tmp_path / "nowhere")

    assert list(FolderStore(tmp_path, "b").list()) == []


def test_a_body_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    class Broken(BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise RuntimeError("the compressor died")

    store = FolderStore(tmp_path, "b")
    with pytest.raises(RuntimeError):
        store.put("k", Broken(b"body"), content_type="t/t")
    assert left_over(tmp_path) == []


FILL = """
    import sys
    from io import BytesIO
    from pathlib import Path
    from tandem.errors import StoreUnavailable
    from tandem.stores.folder import FolderStore
    store = FolderStore(Path(sys.argv[1]), "b")
    assert store.put("small", BytesIO(b"x" * 1000), content_type="t/t")
    try:
        store.put("large", BytesIO(b"x" * 3_000_000), content_type="t/t")
    except StoreUnavailable as full:
        assert "No space left on device" in str(full), full
        assert "large" in str(full), full
    else:
        raise AssertionError("it fitted")
    assert [found.key for found in store.list()] == ["small"]
    assert list(Path(sys.argv[1]).rglob("tmp*")) == []
"""


def test_a_full_disk_is_named_and_nothing_half_written_stays(tmp_path: Path) -> None:
    private = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*private, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow a private mount")
    mount_and_run = f'mount -t tmpfs -o size=1m none {tmp_path} && exec "$@"'
    subprocess.run(
        [*private, "sh", "-c", mount_and_run, "sh", sys.executable, "-c", textwrap.dedent(FILL), tmp_path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=True,
    )


def test_a_file_put_there_by_hand_is_an_object(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "b")
    (tmp_path / "b" / "e1").mkdir()
    (tmp_path / "b" / "e1" / "r.rds").write_bytes(b"data")
    first = store.head("e1/r.rds")
    assert [found.key for found in store.list("e1/")] == ["e1/r.rds"]
    (tmp_path / "b" / "e1" / "r.rds").write_bytes(b"newer")
    second = store.head("e1/r.rds")
    assert first is not None
    assert second is not None
    assert (first.content_type, first.etag != second.etag) == (None, True)


def test_an_object_overwritten_by_hand_does_not_keep_its_old_note(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "b")
    store.put("k", BytesIO(b"zipped"), content_type="t/t", content_encoding="gzip")
    (tmp_path / "b" / "k").write_bytes(b"plain text")
    found = store.head("k")
    assert found is not None
    assert found.content_encoding is None


def test_tags_are_kept(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "b")
    store.put("k", BytesIO(b"1"), content_type="t/t", tags={"experimentId": "e"})
    found = store.head("k")
    assert found is not None
    assert found.tags == {"experimentId": "e"}


def test_replacing_and_deleting_leave_no_notes_behind(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "b")
    for number in range(5):
        store.put("a/k", BytesIO(b"x" * (number + 1)), content_type="t/t", replace=True)
    assert len(left_over(tmp_path)) == 2
    store.delete("a/k")
    assert left_over(tmp_path) == []


def test_what_the_disk_does_not_take_leaves_nothing(tmp_path, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = FolderStore(tmp_path, "b")
    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        store.put("k", BytesIO(b"body"), content_type="text/plain")
    assert left_over(tmp_path) == []
    assert store.head("k") is None
