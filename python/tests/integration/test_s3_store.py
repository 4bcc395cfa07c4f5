"""What the way to S3 can do to a store, and what it must not do to an object."""

import os
from collections.abc import Iterator
from io import BytesIO

import pytest

from fixtures.aws import Aws
from helpers.proxy import Proxy
from tandem import aws as tandem_aws
from tandem.aws import Clients
from tandem.errors import StoreUnavailable
from tandem.stores import open_store
from tandem.stores.s3 import S3Store


@pytest.fixture
def bucket(moto_server: Aws, fresh_name: str) -> Iterator[S3Store]:
    """A bucket, reached straight."""
    moto_server.create_bucket(fresh_name)
    clients = Clients(moto_server.settings())
    yield S3Store(clients, fresh_name)
    clients.close()


@pytest.fixture
def proxy(moto_server: Aws) -> Iterator[Proxy]:
    with Proxy(moto_server.port) as proxy:
        yield proxy


@pytest.fixture
def faulty(bucket: S3Store, moto_server: Aws, proxy: Proxy) -> Iterator[S3Store]:
    """The same bucket, reached through a proxy."""
    clients = Clients(moto_server.settings(), f"http://127.0.0.1:{proxy.port}")
    yield S3Store(clients, bucket.bucket)
    clients.close()


def test_a_body_that_is_cut_short_is_never_seen(bucket: S3Store, faulty: S3Store, proxy: Proxy) -> None:
    body = BytesIO(os.urandom(2_000_000))
    proxy.mode, proxy.cut_after = "cut", 700_000
    with pytest.raises(StoreUnavailable, match="etag"):
        faulty.put("etag", body, content_type="application/json")
    assert bucket.head("etag") is None
    assert list(bucket.list()) == []
    proxy.mode = "pass"
    assert faulty.put("etag", body, content_type="application/json")
    with bucket.get("etag") as stored:
        assert stored.read() == body.getvalue()


@pytest.mark.parametrize("mode", ["reset", "drop"])
def test_a_store_that_is_away_is_said_so(
    faulty: S3Store, proxy: Proxy, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tandem_aws, "READ_S", 0.2)
    proxy.mode = mode  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        faulty.put("k", BytesIO(b"1"), content_type="t/t")
    with pytest.raises(StoreUnavailable):
        list(faulty.list())
    proxy.mode = "pass"
    assert faulty.put("k", BytesIO(b"1"), content_type="t/t")


def test_a_connection_that_breaks_while_reading_is_said_so(bucket: S3Store, faulty: S3Store, proxy: Proxy) -> None:
    bucket.put("k", BytesIO(b"x" * 30_000_000), content_type="t/t")

    def read_while_it_breaks() -> None:
        with faulty.get("k") as body:
            body.read(1000)
            proxy.mode = "reset"
            while body.read(1_000_000):
                pass

    with pytest.raises(StoreUnavailable):
        read_while_it_breaks()


def test_a_bucket_that_does_not_exist_is_named(bucket: S3Store) -> None:
    missing = S3Store(bucket._clients, "no-such-bucket")
    for act in (
        lambda: missing.put("k", BytesIO(b"1"), content_type="t/t"),
        lambda: list(missing.list()),
        lambda: missing.get("k").__enter__(),
    ):
        with pytest.raises(StoreUnavailable, match="no-such-bucket"):
            act()


def test_tags_type_and_encoding_come_with_the_object_itself(bucket: S3Store) -> None:
    bucket.put(
        "k", BytesIO(b"1"), content_type="application/json", content_encoding="gzip",
        tags={"experimentId": "a b=c+d", "requestType": "ListGenes"},
    )  # fmt: skip
    s3 = bucket._clients.s3
    tags = s3.get_object_tagging(Bucket=bucket.bucket, Key="k")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"experimentId": "a b=c+d", "requestType": "ListGenes"}


def test_a_signed_address_is_of_the_fourth_kind_and_ends(bucket: S3Store) -> None:
    url = bucket.url("k", expires_s=90)
    assert "X-Amz-Signature=" in url
    assert "X-Amz-Expires=90" in url


def test_the_account_is_that_of_the_keys_where_none_is_said(moto_server: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    store = open_store(moto_server.settings(cluster_env_given="staging"), "worker-results")
    assert store.bucket == "worker-results-staging-123456789012"
