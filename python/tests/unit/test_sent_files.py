"""Files as the gateway sends them: by blocks, under their names, and as an archive."""

import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tandem.gateway.attachment import saved_as
from tandem.gateway.blocks import BLOCK_BYTES, blocks
from tandem.gateway.job_results import zipped
from tandem.stores.folder import FolderStore

#: What is compressed to next to nothing, and what is not at all.
PLAIN, RANDOM = b"0" * 1_000_000, os.urandom(300_000)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("table.csv", 'attachment; filename="table.csv"'),
        ("größe 1.csv", "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe%201.csv"),
        ('"x"\r\nSet-Cookie: a', "attachment; filename*=UTF-8''%22x%22%0D%0ASet-Cookie%3A%20a"),
        ("\ud800", "attachment; filename*=UTF-8''%3F"),
    ],
)
def test_a_file_is_saved_under_its_name_in_whatever_script(name: str, told: str):
    assert saved_as(name) == {"Content-Disposition": told}


def test_blocks_are_all_there_is_or_as_much_as_is_asked_for():
    whole = os.urandom(2 * BLOCK_BYTES + 1)

    assert [len(block) for block in blocks(BytesIO(whole))] == [BLOCK_BYTES, BLOCK_BYTES, 1]
    assert b"".join(blocks(BytesIO(whole), BLOCK_BYTES + 5)) == whole[: BLOCK_BYTES + 5]
    assert list(blocks(BytesIO(b"few"), 10)) == [b"few"]


def test_an_archive_is_compressed_and_whole(tmp_path: Path):
    store = FolderStore(tmp_path, "jobs")
    found = {"plain.csv": PLAIN, "a/größe.bin": RANDOM, "empty": b""}
    for name, content in found.items():
        store.put(name, BytesIO(content), content_type="x/y")

    archive = b"".join(zipped(store, [(name, name, len(content)) for name, content in found.items()]))

    with zipfile.ZipFile(BytesIO(archive)) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == found
    assert len(archive) < len(RANDOM) + len(PLAIN) / 10
