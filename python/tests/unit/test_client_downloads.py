"""Where results go that a gateway names, whatever it calls them."""

from pathlib import Path

import pytest

from tandem.client.download import targets
from tandem.errors import UsageError


@pytest.mark.parametrize("path", ["../out.txt", "/etc/passwd", "a/../../out.txt", "..", ""])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, path: str):
    with pytest.raises(UsageError, match="cannot be put into a folder"):
        targets(tmp_path, [{"path": "fine.txt"}, {"path": path}], overwrite=True)


def test_what_is_there_is_told_before_anything_is_fetched(tmp_path: Path):
    (tmp_path / "link.txt").symlink_to(tmp_path / "nothing")
    items = [{"path": "link.txt"}, {"path": "deep/other.txt"}]
    with pytest.raises(UsageError, match="would be overwritten"):
        targets(tmp_path, items, overwrite=False)
    assert targets(tmp_path, items, overwrite=True)["deep/other.txt"] == tmp_path / "deep" / "other.txt"
