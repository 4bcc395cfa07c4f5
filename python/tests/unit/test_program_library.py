"""The folder of programs: which there are, what makes a version, and what is remembered."""

import os
import subprocess

import pytest

from helpers.programs import write_program
from tandem.errors import ProgramUnknown, ProgramUnsound
from tandem.jobs.programs.library import Library
from tandem.jobs.programs.packing import keep
from tandem.stores.folder import FolderStore

COMMAND = 'command = ["true"]\n'


@pytest.fixture
def library(tmp_path):
    write_program(tmp_path, "one", COMMAND, {"main.py": "print(1)\n"})
    return Library(tmp_path)


def test_programs_are_folders_with_a_program_file(tmp_path, library):
    write_program(tmp_path, "another", "nonsense")
    (tmp_path / "notes").mkdir()
    write_program(tmp_path, ".hidden", COMMAND)
    write_program(tmp_path, "Capital", COMMAND)
    assert library.names() == ["another", "one"]
    (_, fault), (name, program) = library.all()
    assert isinstance(fault, ProgramUnsound)
    assert "no TOML" in str(fault)
    assert (name, program.name, len(program.hash), program.version) == ("one", "one", 64, program.hash[:12])


def test_no_folder_is_no_programs(tmp_path):
    assert Library(tmp_path / "none").all() == []
    with pytest.raises(ProgramUnknown, match=r"no program 'x'\. Known programs: none yet"):
        Library(tmp_path / "none").load("x")


@pytest.mark.parametrize("name", ["two", "../one", "one/", "", "ONE", ".", "one\n", "x" * 5000])
def test_an_unknown_program_is_told_with_those_there_are(library, name):
    with pytest.raises(ProgramUnknown, match="Known programs: one"):
        library.load(name)


def change_content(folder):
    (folder / "main.py").write_text("print(2)\n")


def change_mode(folder):
    (folder / "main.py").chmod(0o755)


def change_name(folder):
    (folder / "main.py").rename(folder / "other.py")


def add_empty_file(folder):
    (folder / "empty").touch()


def add_deep_file(folder):
    (folder / "a").mkdir()
    (folder / "a" / "b").write_text("x")


@pytest.mark.parametrize("change", [change_content, change_mode, change_name, add_empty_file, add_deep_file])
def test_any_other_file_is_another_version_at_once(library, change):
    program = library.load("one")
    change(program.folder)
    assert library.load("one").hash != program.hash


def test_what_is_no_part_of_a_program_makes_no_version(library):
    program = library.load("one")
    for name in (".git/HEAD", "__pycache__/main.cpython-311.pyc", "main.pyc", ".DS_Store"):
        (program.folder / name).parent.mkdir(exist_ok=True)
        (program.folder / name).write_text("x")
    os.utime(program.folder / "main.py", (0, 0))
    assert library.load("one").hash == program.hash


def test_the_same_files_elsewhere_are_the_same_version(tmp_path, library):
    write_program(tmp_path / "elsewhere", "one", COMMAND, {"main.py": "print(1)\n"})
    assert Library(tmp_path / "elsewhere").load("one").hash == library.load("one").hash


def test_files_that_have_settled_are_read_once(library, monkeypatch):
    monkeypatch.setattr("tandem.jobs.programs.library.SETTLED_NS", 0)
    program = library.load("one")
    assert library.load("one") is program
    monkeypatch.setattr("tandem.jobs.programs.library.FRESH_S", 0)
    assert library.load("one") is not program


@pytest.mark.parametrize("target", ["/etc/passwd", "main.py", "nowhere", "."])
def test_links_are_refused(library, tmp_path, target):
    (tmp_path / "one" / "link").symlink_to(target)
    with pytest.raises(ProgramUnsound, match="'one' cannot be used: link is no plain file"):
        library.load("one")


def git(folder, *words):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", folder, *identity, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_commit_is_told_and_whether_it_was_changed(library, tmp_path):
    assert library.load("one").commit is None
    git(tmp_path, "init", "-q")
    assert library.load("one").commit is None
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "One")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert library.load("one").commit == commit
    (tmp_path / "beside").write_text("not of this program")
    assert library.load("one").commit == commit
    (tmp_path / "one" / "main.py").write_text("print(3)\n")
    assert library.load("one").commit == f"{commit}-dirty"


def test_a_file_that_goes_while_it_is_looked_at_is_told(library, monkeypatch):
    monkeypatch.setattr("tandem.jobs.programs.library.files_of", lambda _: ["main.py", "4913"])
    with pytest.raises(ProgramUnsound, match="changed a moment ago; try again"):
        library.load("one")


def test_a_program_whose_files_go_while_they_are_packed_is_not_kept(library, monkeypatch, tmp_path):
    program, store = library.load("one"), FolderStore(tmp_path / "store", "jobs")
    monkeypatch.setattr("tandem.jobs.programs.packing.files_of", lambda _: ["main.py", "4913"])
    with pytest.raises(ProgramUnsound, match="changed a moment ago; try again"):
        keep(program, store)
    assert list(store.list()) == []
