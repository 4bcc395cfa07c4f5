"""`program new`: what it makes is sound and runs."""

import shutil

import pytest

from helpers.programs import RunByHand
from tandem.errors import UsageError
from tandem.jobs.programs.checking import findings
from tandem.jobs.programs.library import Library
from tandem.jobs.programs.scaffold import new

LANGUAGES = ("python", "r", "shell")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_program_is_sound_and_counts_lines(tmp_path, language):
    if language == "r" and shutil.which("Rscript") is None:
        pytest.skip("there is no R here")
    folder = new(tmp_path / "programs", "mine", language)
    program = Library(tmp_path / "programs").load("mine")
    assert findings(program) == []
    run = RunByHand(program, folder / "example", tmp_path / "run", {"skip": 1})
    run.end()
    assert run.read("lines.csv") == "file,lines\nlines.txt,2\n"


def test_a_name_that_is_taken_or_cannot_be_is_refused(tmp_path):
    new(tmp_path, "mine", "shell")
    (tmp_path / "mine" / "main.sh").write_text("# changed\n")
    with pytest.raises(UsageError, match="mine is there already"):
        new(tmp_path, "mine", "python")
    assert (tmp_path / "mine" / "main.sh").read_text() == "# changed\n"
    for name in ("Mine", "../mine", "", "a b", "-x", "x" * 64):
        with pytest.raises(UsageError, match="is no name of a program"):
            new(tmp_path, name, "python")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
