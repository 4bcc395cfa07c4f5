"""The gateway cannot write any more."""

import resource

import httpx
import pytest

from helpers.api_process import MERGER, problem

#: What the gateway may still write into one file, in bytes; where a disk is full it is nothing.
ROOM = 100
APPENDED = [{"$append": {"key": "novel", "name": "New", "children": [{"key": "novel-0", "name": "0", "cellIds": [1]}]}}]


@pytest.mark.promise(28)
def test_cell_sets_and_uploads_are_refused_in_words_and_nothing_is_left(own_gateway):
    own_gateway.start()
    before = own_gateway.get("/v2/experiments/small/cellSets").json()
    resource.prlimit(own_gateway.pid, resource.RLIMIT_FSIZE, (ROOM, ROOM))

    patched = httpx.patch(f"{own_gateway.url}/v2/experiments/small/cellSets", json=APPENDED, headers=MERGER, timeout=20)
    sent = httpx.post(
        f"{own_gateway.url}/experiments", data={"id": "new"}, files={"files": ("a.h5ad", bytes(9000))}, timeout=20
    )

    assert (patched.status_code, sent.status_code) == (507, 507), (patched.text, sent.text)
    assert "cannot be read or changed" in problem(patched)["detail"]
    assert "no room on the disk" in problem(sent)["detail"]
    assert own_gateway.get("/v2/experiments/small/cellSets").json() == before
    assert not list((own_gateway.data / ".uploads").glob("*"))
    assert own_gateway.get("/tasks").status_code == 200
