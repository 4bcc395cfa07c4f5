"""Where results go that a gateway names, whatever it calls them."""

from pathlib import Path

import pytest

from tandem.client.download import targets
from tandem.client.job import Job
from tandem.client.sweep import Sweep
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


def test_each_job_of_a_sweep_has_a_folder_also_where_ids_begin_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Gateway:
        def pages(self, *_: object) -> list[dict[str, str]]:
            return [{"id": name, "state": "COMPLETE"} for name in ("0123abcd-1", "0123abcd-2", "4567abcd-1")]

    monkeypatch.setattr(Job, "download", lambda _, folder, __: [folder])
    found = Sweep(Gateway(), {"id": "group"}).download(tmp_path)
    assert found == [tmp_path / "0123abcd-1", tmp_path / "0123abcd-2", tmp_path / "4567abcd"]
