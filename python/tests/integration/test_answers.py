"""Results are read again from either store, whoever wrote them."""

import gzip
import json
from contextlib import closing
from io import BytesIO

import pytest
import zstandard

from tandem.aws import Clients
from tandem.errors import ObjectMissing, StoreUnavailable
from tandem.stores.s3 import S3Store
from tandem.tasks import answers
from tandem.tasks.answers import copy_answer, is_file, stored_answer

LAYOUT = [[1.5, -2.0], None, [0.25, 3e-7]]
TEXT = json.dumps(LAYOUT).encode()
ETAG = "ab12"


@pytest.fixture
def results(any_store):
    return any_store


def put(results, body, content_type="application/json", encoding=None):
    results.put(ETAG, BytesIO(body), content_type=content_type, content_encoding=encoding)


def copied(results):
    sink = BytesIO()
    copy_answer(results, ETAG, sink)
    return sink.getvalue()


PACKED = {"gzip": gzip.compress(TEXT), "zstd": zstandard.compress(TEXT), None: TEXT}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("said", [True, False], ids=["said how", "nothing said"])
def test_a_result_is_parsed_however_it_was_compressed(results, encoding, said):
    put(results, PACKED[encoding], encoding=encoding if said else None)

    assert stored_answer(results, ETAG) == LAYOUT


def test_a_result_that_is_not_there_is_none(results):
    assert stored_answer(results, ETAG) is None
    with pytest.raises(ObjectMissing):
        copied(results)


BROKEN = {
    "half an object": b"{",
    "text": b"not JSON",
    "no text": b"\xff\xfe",
    "gzip cut short": PACKED["gzip"][:-6],
    "zstd cut short": PACKED["zstd"][:-3],
    "gzip in name only": b"\x1f\x8b" + b"x" * 50,
    "gzip damaged inside": PACKED["gzip"][:12] + b"\xff" * 20 + PACKED["gzip"][32:],
    "zstd in name only": b"\x28\xb5\x2f\xfd" + b"x" * 50,
    "nested without end": gzip.compress(b"[" * 200_000),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_broken_or_no_json_is_none(results, fault):
    put(results, BROKEN[fault])

    assert stored_answer(results, ETAG) is None


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bytes])
def test_what_is_too_large_to_parse_is_none_and_never_held(results, pack, monkeypatch):
    monkeypatch.setattr(answers, "PARSED_BYTES", len(TEXT) - 1)
    put(results, pack(TEXT))

    assert stored_answer(results, ETAG) is None


def test_a_store_that_is_away_is_worth_another_try(moto_server):
    nowhere = moto_server.settings(aws_endpoint="http://127.0.0.1:9")
    with closing(Clients(nowhere)) as clients, pytest.raises(StoreUnavailable):
        stored_answer(S3Store(clients, "results"), ETAG)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_compressed_result_is_copied_as_r_wrote_it(results, encoding):
    put(results, PACKED[encoding], encoding=encoding)

    assert not is_file(results, ETAG)
    assert copied(results) == TEXT


@pytest.mark.parametrize(
    "body", [gzip.compress(b",,bc1\n"), zstandard.compress(b"x"), b"RDX3\n"], ids=["gzip", "zstd", "rds"]
)
def test_a_file_is_copied_as_it_is(results, body):
    put(results, body, content_type="application/octet-stream")

    assert is_file(results, ETAG)
    assert copied(results) == body
