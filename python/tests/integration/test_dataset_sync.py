"""The data folder follows the buckets: fetched once, checked, resumed, and put in place whole."""

import io
import threading

import pytest

from helpers.proxy import Proxy
from tandem.errors import InvalidRequest, StoreUnavailable
from tandem.experiments import sync
from tandem.experiments.sync import SyncedSource
from tandem.stores import open_store

DATASET = bytes(range(256)) * 40_000
CELL_SETS = b'{"cellSets": [{"key": "louvain", "children": [{"key": "louvain-0", "cellIds": [0, 1]}]}]}'


@pytest.fixture
def buckets(moto_server, fresh_name):
    settings = moto_server.settings(sandbox_id=fresh_name)
    client = moto_server.client("s3")
    stores = {kind: open_store(settings, kind) for kind in ("processed-matrix", "cell-sets")}
    for store in stores.values():
        moto_server.create_bucket(store.bucket)
    yield stores
    for store in stores.values():
        for known in list(store.list()):
            store.delete(known.key)
        client.delete_bucket(Bucket=store.bucket)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "exp"


@pytest.fixture
def source(buckets, folder):
    return SyncedSource("exp", folder, buckets["processed-matrix"], buckets["cell-sets"])


def offer(store, key, content):
    store.put(key, io.BytesIO(content), content_type="application/octet-stream", replace=True)


class Told:
    """Counts the downloads that clients were told of."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1


def test_the_dataset_is_fetched_once(source, buckets, folder):
    offer(buckets["processed-matrix"], "exp/r.rds", DATASET)
    told = Told()

    source.refresh(at_once=False, tell=told)
    source.refresh(at_once=True, tell=told)

    assert (folder / "r.rds").read_bytes() == DATASET
    assert told.times == 1


def test_a_new_dataset_is_seen_after_a_minute_or_when_a_client_insists(source, buckets, folder, monkeypatch):
    offer(buckets["processed-matrix"], "exp/r.rds", DATASET)
    source.refresh(at_once=False, tell=Told())
    offer(buckets["processed-matrix"], "exp/r.rds", DATASET[:1000])

    source.refresh(at_once=False, tell=Told())
    assert (folder / "r.rds").stat().st_size == len(DATASET)

    source.refresh(at_once=True, tell=Told())
    assert (folder / "r.rds").read_bytes() == DATASET[:1000]

    offer(buckets["processed-matrix"], "exp/r.rds", DATASET[:2000])
    monkeypatch.setattr(sync, "LOOK_S", 0.0)
    source.refresh(at_once=False, tell=Told())
    assert (folder / "r.rds").read_bytes() == DATASET[:2000]


def test_another_process_does_not_fetch_what_is_there_already(source, buckets, folder):
    offer(buckets["processed-matrix"], "exp/r.rds", DATASET)
    source.refresh(at_once=False, tell=Told())
    told = Told()

    SyncedSource("exp", folder, buckets["processed-matrix"], buckets["cell-sets"]).refresh(at_once=True, tell=told)

    assert told.times == 0


def test_a_broken_download_goes_on_where_it_stopped_and_is_never_seen_half(moto_server, buckets, folder):
    offer(buckets["processed-matrix"], "exp/r.rds", DATASET)
    with Proxy(moto_server.port, "delay") as proxy:
        proxy.delay_s = 0.02
        settings = moto_server.settings(aws_endpoint=f"http://127.0.0.1:{proxy.port}")
        source = SyncedSource(
            "exp", folder, open_store(settings, "processed-matrix"), open_store(settings, "cell-sets")
        )
        fetching = threading.Thread(target=source.refresh, kwargs={"at_once": True, "tell": Told()})
        fetching.start()
        while not any(1_000_000 < part.stat().st_size < len(DATASET) for part in parts(folder)):
            assert fetching.is_alive()
        proxy.mode = "reset"
        assert not (folder / "r.rds").exists()
        proxy.mode = "pass"
        fetching.join(60)

    assert (folder / "r.rds").read_bytes() == DATASET
    assert parts(folder) == []


def test_a_download_that_does_not_match_its_checksum_is_not_taken(source, buckets, folder):
    offer(buckets["processed-matrix"], "exp/r.rds", DATASET)
    source.refresh(at_once=True, tell=Told())
    offer(buckets["processed-matrix"], "exp/r.rds", b"new" + DATASET)
    etag = buckets["processed-matrix"].head("exp/r.rds").etag
    (folder / sync.part_name(etag)).write_bytes(b"rotten")

    with pytest.raises(StoreUnavailable, match="checksum"):
        source.refresh(at_once=True, tell=Told())
    assert (folder / "r.rds").read_bytes() == DATASET

    source.refresh(at_once=True, tell=Told())
    assert (folder / "r.rds").read_bytes() == b"new" + DATASET


def test_what_came_of_a_dataset_that_was_replaced_meanwhile_goes(source, buckets, folder):
    offer(buckets["processed-matrix"], "exp/r.rds", DATASET)
    folder.mkdir()
    (folder / sync.part_name("another")).write_bytes(DATASET[:1000])

    source.refresh(at_once=True, tell=Told())

    assert (folder / "r.rds").read_bytes() == DATASET
    assert parts(folder) == []


def test_a_dataset_that_is_not_there_is_missed_with_its_name(source):
    with pytest.raises(StoreUnavailable, match=r"exp/r\.rds"):
        source.refresh(at_once=True, tell=Told())


def test_cell_sets_are_fetched_when_they_changed_and_only_then(source, buckets, mocker):
    offer(buckets["cell-sets"], "exp", CELL_SETS)
    get = mocker.spy(buckets["cell-sets"], "get")

    assert source.cell_sets().ids("louvain-0") == {0, 1}
    assert source.cell_sets() is source.cell_sets()
    assert get.call_count == 1

    offer(buckets["cell-sets"], "exp", CELL_SETS.replace(b"[0, 1]", b"[2]"))
    assert source.cell_sets().ids("louvain-0") == {2}


def test_an_experiment_without_cell_sets_says_so(source):
    with pytest.raises(InvalidRequest, match="no cell sets"):
        source.cell_sets()


def parts(folder):
    return [path for path in folder.glob(".r.rds.*") if not path.name.endswith(".etag")] if folder.exists() else []
