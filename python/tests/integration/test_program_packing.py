"""A program's files in the store, and back on a runner's disk: the same bytes, whole, and read-only."""

import os
import subprocess
import tarfile
import threading
from io import BytesIO
from pathlib import Path

import pytest

from helpers.programs import write_program
from tandem.errors import NotStarted, ProgramUnsound
from tandem.jobs.programs.library import Library, Program
from tandem.jobs.programs.packing import fetch, keep
from tandem.jobs.programs.version import files_of, hash_of_folder
from tandem.stores import Store

FILES = {"main.sh": "#!/bin/sh\necho ran\n", "deep/er/data.csv": "1,2\n", "empty": "", "ä ö.txt": "x"}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    folder = write_program(tmp_path / "programs", "one", 'command = ["{assets}/main.sh"]\n', FILES)
    (folder / "main.sh").chmod(0o755)
    (folder / "__pycache__").mkdir()
    (folder / ".git").mkdir()
    return Library(tmp_path / "programs").load("one")


def key(program: Program) -> str:
    return f"programs/one/{program.hash}.tar.gz"


def body(store: Store, program: Program) -> bytes:
    with store.get(key(program)) as file:
        return file.read()


def test_what_is_fetched_is_what_was_kept_and_nobody_writes_to_it(
    any_store: Store, program: Program, tmp_path: Path
) -> None:
    keep(program, any_store)
    folder = fetch(any_store, "one", program.hash, tmp_path / "cache")
    assert hash_of_folder(folder) == program.hash
    assert files_of(folder) == sorted([*FILES, "program.toml"])
    assert {path.name for path in folder.iterdir()} == {"main.sh", "deep", "empty", "ä ö.txt", "program.toml"}
    assert all(path.stat().st_mode & 0o222 == 0 for path in (folder, *folder.rglob("*")))
    assert subprocess.run([folder / "main.sh"], capture_output=True, check=True).stdout == b"ran\n"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [program.hash]


def test_the_same_files_make_the_same_bytes(any_store: Store, program: Program, tmp_path: Path) -> None:
    keep(program, any_store)
    first = body(any_store, program)
    any_store.delete(key(program))
    os.utime(program.folder / "main.sh", (0, 0))
    (program.folder / "empty").chmod(0o600)
    keep(program, any_store)
    assert body(any_store, program) == first


def test_a_program_is_kept_and_fetched_once(any_store: Store, program: Program, tmp_path: Path) -> None:
    keep(program, any_store)
    before = any_store.head(key(program))
    keep(program, any_store)
    assert any_store.head(key(program)) == before
    folder = fetch(any_store, "one", program.hash, tmp_path / "cache")
    any_store.delete(key(program))
    assert fetch(any_store, "one", program.hash, tmp_path / "cache") == folder


def test_of_many_runners_at_once_all_have_it(any_store: Store, program: Program, tmp_path: Path) -> None:
    keep(program, any_store)
    ready, found = threading.Barrier(6), []

    def run() -> None:
        ready.wait()
        found.append(fetch(any_store, "one", program.hash, tmp_path / "cache"))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [program.hash]
    assert hash_of_folder(found[0]) == program.hash


def test_a_program_that_changed_meanwhile_is_not_kept(any_store: Store, program: Program) -> None:
    (program.folder / "main.sh").write_text("#!/bin/sh\necho other\n")
    with pytest.raises(ProgramUnsound, match="its files were changed a moment ago"):
        keep(program, any_store)
    assert any_store.head(key(program)) is None


def other_content() -> bytes:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("../../evil")
        member.size = 1
        archive.addfile(member, BytesIO(b"x"))
    return packed.getvalue()


@pytest.mark.parametrize("damaged", [b"no archive", other_content()], ids=["no archive", "other files"])
def test_what_is_damaged_is_never_unpacked(any_store: Store, program: Program, tmp_path: Path, damaged: bytes) -> None:
    any_store.put(key(program), BytesIO(damaged), content_type="application/gzip")
    with pytest.raises(NotStarted, match="the files of the program 'one' in the store are damaged"):
        fetch(any_store, "one", program.hash, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_is_cut_off_is_never_unpacked(any_store: Store, program: Program, tmp_path: Path) -> None:
    keep(program, any_store)
    cut = body(any_store, program)[:-100]
    any_store.put(key(program), BytesIO(cut), content_type="application/gzip", replace=True)
    with pytest.raises(NotStarted, match="damaged"):
        fetch(any_store, "one", program.hash, tmp_path / "cache")


def test_what_is_not_there_any_more_is_told(any_store: Store, program: Program, tmp_path: Path) -> None:
    with pytest.raises(NotStarted, match="the files of the program 'one' are not in the store any more"):
        fetch(any_store, "one", program.hash, tmp_path / "cache")
