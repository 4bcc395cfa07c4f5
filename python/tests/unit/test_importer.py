"""What an import tells before it begins."""

import pytest

from helpers.data_sets import small_counts, write_folder
from tandem.errors import ImportFailed, InputUnusable
from tandem.exchange.importer import import_experiment, look
from tandem.exchange.request import ImportRequest, Places


def places_at(folder):
    return Places(data=folder, r_library=folder, logs=folder)


@pytest.mark.parametrize("begin", [look, lambda *asked: import_experiment(*asked, print)])
def test_a_data_folder_that_cannot_be_written_is_said(tmp_path, begin):
    (tmp_path / "file").touch()
    request = ImportRequest(id="mine", name="mine", paths=(tmp_path,))
    with pytest.raises(ImportFailed, match=r"file/data.*Not a directory"):
        begin(request, places_at(tmp_path / "file" / "data"))


def test_a_dry_run_says_that_a_sample_has_no_line(tmp_path):
    for sample in ("a", "b"):
        write_folder(tmp_path / "in" / sample, small_counts())
    table = tmp_path / "samples.csv"
    table.write_text("sample,condition\na,control\n")
    request = ImportRequest(id="mine", name="mine", paths=(tmp_path / "in",), samples=table)
    with pytest.raises(InputUnusable, match="no line for 'b'"):
        look(request, places_at(tmp_path / "data"))
    assert not any((tmp_path / "data").iterdir())
