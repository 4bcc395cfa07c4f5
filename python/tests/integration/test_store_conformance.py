"""What every store promises."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

import pytest

from fixtures.aws import Aws
from tandem.aws import Clients
from tandem.errors import InvalidRequest, ObjectMissing
from tandem.stores import Store
from tandem.stores.folder import FolderStore
from tandem.stores.s3 import S3Store


@pytest.fixture(params=["folder", "s3"])
def open_again(request: pytest.FixtureRequest, tmp_path: Path, fresh_name: str) -> Iterator[Callable[[], Store]]:
    """Opens the same bucket, as another process would."""
    if request.param == "folder":
        yield lambda: FolderStore(tmp_path, fresh_name)
        return
    aws: Aws = request.getfixturevalue("moto_server")
    aws.create_bucket(fresh_name)
    with closing(Clients(aws.settings())) as clients:
        yield lambda: S3Store(clients, fresh_name)


@pytest.fixture
def store(open_again: Callable[[], Store]) -> Store:
    return open_again()


def put(store: Store, key: str, body: bytes, **more: object) -> bool:
    return store.put(key, BytesIO(body), content_type="application/json", **more)


def read(store: Store, key: str, offset: int = 0) -> bytes:
    with store.get(key, offset) as body:
        return body.read()


def test_what_was_put_is_read_back_by_another(store: Store, open_again: Callable[[], Store]) -> None:
    assert put(
        store, "etag", b"[1, 2]", content_encoding="gzip", tags={"experimentId": "e 1", "requestType": "ListGenes"}
    )
    found = open_again().head("etag")
    assert found is not None
    assert (found.key, found.size) == ("etag", 6)
    assert (found.content_type, found.content_encoding) == ("application/json", "gzip")
    assert read(open_again(), "etag") == b"[1, 2]"


def test_a_body_is_put_whole_wherever_its_reader_stood(store: Store) -> None:
    body = BytesIO(b"whole")
    body.read(3)
    store.put("k", body, content_type="text/plain")
    assert read(store, "k") == b"whole"


def test_a_taken_key_is_left_as_it_is(store: Store) -> None:
    assert put(store, "k", b"first", content_encoding="gzip")
    before = store.head("k")
    assert not put(store, "k", b"second")
    assert read(store, "k") == b"first"
    assert store.head("k") == before


def test_a_taken_key_is_replaced_when_asked(store: Store) -> None:
    put(store, "k", b"first", content_encoding="gzip")
    before = store.head("k")
    assert put(store, "k", b"other", replace=True)
    after = store.head("k")
    assert read(store, "k") == b"other"
    assert before is not None
    assert after is not None
    assert (after.etag != before.etag, after.content_encoding) == (True, None)


def test_what_somebody_else_has_replaced_is_left_as_it_is(store: Store) -> None:
    put(store, "k", b"first")
    first = store.head("k")
    assert first is not None
    assert put(store, "k", b"second", replace=True, expected=first.etag)
    assert not put(store, "k", b"late", replace=True, expected=first.etag)
    assert read(store, "k") == b"second"
    store.delete("k")
    assert not put(store, "k", b"late", replace=True, expected=first.etag)
    assert store.head("k") is None


def test_an_empty_object_counts_as_absent(store: Store) -> None:
    assert put(store, "k", b"")
    assert store.head("k") is None
    assert list(store.list()) == []
    with pytest.raises(ObjectMissing), store.get("k"):
        pass
    assert put(store, "k", b"full")
    assert not put(store, "k", b"late")
    assert read(store, "k") == b"full"


def test_of_many_writers_at_once_one_wins_and_all_succeed(open_again: Callable[[], Store]) -> None:
    writers = 8
    ready = threading.Barrier(writers)
    won: list[bytes] = []

    def write(number: int) -> None:
        store, body = open_again(), bytes([65 + number]) * 200_000
        ready.wait()
        if put(store, "same", body):
            won.append(body)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [read(open_again(), "same")] == won


def test_reading_may_begin_inside_or_at_the_end(store: Store) -> None:
    put(store, "k", b"0123456789")
    assert read(store, "k", 7) == b"789"
    assert read(store, "k", 10) == b""


def test_reading_goes_in_blocks(store: Store) -> None:
    put(store, "k", b"x" * 3_000_000)
    with store.get("k") as body:
        assert len(body.read(1_000_000)) == 1_000_000
        assert len(body.read(1_000_000)) == 1_000_000


def test_what_is_absent_is_said_so(store: Store) -> None:
    assert store.head("none") is None
    with pytest.raises(ObjectMissing, match="none"), store.get("none"):
        pass
    store.delete("none")


def test_a_key_is_not_found_by_its_beginning(store: Store) -> None:
    put(store, "abcdef", b"1")
    assert store.head("abc") is None
    assert store.head("abcdef/g") is None


def test_listing_goes_by_beginning_in_the_order_of_keys(store: Store) -> None:
    for key in ("e1/r.rds", "e1-b/r.rds", "e1/a/b", "e2/r.rds", "E"):
        put(store, key, key.encode())
    assert [found.key for found in store.list()] == ["E", "e1-b/r.rds", "e1/a/b", "e1/r.rds", "e2/r.rds"]
    assert [found.key for found in store.list("e1/")] == ["e1/a/b", "e1/r.rds"]
    assert [found.key for found in store.list("e1")] == ["e1-b/r.rds", "e1/a/b", "e1/r.rds"]
    assert list(store.list("none/at/all")) == []
    assert all(found.size == len(found.key) and found.modified.tzinfo for found in store.list())


def test_a_deleted_object_is_gone_and_may_be_put_again(store: Store) -> None:
    put(store, "a/b", b"1", content_encoding="gzip")
    store.delete("a/b")
    assert store.head("a/b") is None
    assert list(store.list()) == []
    assert put(store, "a/b", b"2")
    assert store.head("a/b").content_encoding is None


def test_a_url_leads_to_the_object(store: Store) -> None:
    put(store, "folder/name with space", b"here")
    with urlopen(store.url("folder/name with space")) as answer:  # noqa: S310  (our own address)
        assert answer.read() == b"here"


@pytest.mark.parametrize(
    "key",
    ["../../x", "..", "a/../b", "/etc/passwd", "", "a//b", "a/", ".hidden", ".about/x", "a\0b", "a\nb", "x" * 2000],
)
def test_a_key_that_is_no_plain_path_is_refused(store: Store, key: str) -> None:
    for act in (lambda: put(store, key, b"1"), lambda: read(store, key), lambda: store.head(key)):
        with pytest.raises(InvalidRequest, match="key"):
            act()
    for act in (lambda: store.delete(key), lambda: store.url(key)):
        with pytest.raises(InvalidRequest, match="key"):
            act()


@pytest.mark.parametrize("prefix", ["../", "/etc/", ".about/", "a/../../b"])
def test_a_prefix_that_is_no_plain_path_is_refused(store: Store, prefix: str) -> None:
    with pytest.raises(InvalidRequest, match="key"):
        list(store.list(prefix))


def test_a_hidden_name_inside_a_folder_is_a_key_like_any_other(store: Store) -> None:
    put(store, "runs/1/results/.complete", b"{}")
    assert [found.key for found in store.list("runs/")] == ["runs/1/results/.complete"]
    assert read(store, "runs/1/results/.complete") == b"{}"
