"""Results stream through the compressor at constant memory."""

import base64
import errno
import gzip
import os
import tracemalloc

import pytest
import zstandard

from tandem.errors import ScratchFull
from tandem.worker.results import INLINE_BYTES, inline, take_in

MIB = 1 << 20


def opened(result):
    data = result.file.read()
    if result.content_encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return gzip.decompress(data)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("blocks", [[], [b""], [b"{}"], [b"ab", b"", b"cd" * MIB]])
def test_what_comes_out_is_what_went_in(tmp_path, encoding, blocks):
    with take_in(iter(blocks), content_type="application/json", encoding=encoding, scratch=tmp_path) as result:
        assert opened(result) == b"".join(blocks)


def test_equal_blocks_give_equal_bytes(tmp_path):
    def once():
        with take_in([b"[1,2,3]"], content_type="application/json", encoding="gzip", scratch=tmp_path) as result:
            return result.file.read()

    assert once() == once()


def test_a_result_of_any_size_takes_little_memory(tmp_path):
    block = bytes(range(256)) * (MIB // 256)
    tracemalloc.start()

    with take_in(
        (block for _ in range(200)), content_type="application/json", encoding="gzip", scratch=tmp_path
    ) as result:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert result.size > 0

    assert peak < 8 * MIB


def test_a_result_leaves_no_file_behind(tmp_path):
    with (
        take_in(iter([b"x" * MIB] * 64), content_type="application/json", encoding="gzip", scratch=tmp_path),
    ):
        assert list(tmp_path.iterdir()) == []


def test_a_stream_that_breaks_leaves_nothing(tmp_path):
    def broken():
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        take_in(broken(), content_type="application/json", encoding="gzip", scratch=tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_scratch_folder_without_room_is_said_to_be_so(tmp_path, fault):
    def large():
        yield b"half"
        raise OSError(fault, os.strerror(fault))

    with pytest.raises(ScratchFull, match="TANDEM_SCRATCH"):
        take_in(large(), content_type="application/gzip", encoding="gzip", scratch=tmp_path)


def test_only_a_small_result_travels_inside_its_event(tmp_path):
    with take_in([b"[1]"], content_type="application/json", encoding="gzip", scratch=tmp_path) as result:
        text = inline(result.file, result.size, "gzip")
        assert text is not None
        assert gzip.decompress(base64.b64decode(text)) == b"[1]"
        assert inline(result.file, INLINE_BYTES + 1, "gzip") is None


@pytest.mark.parametrize("content_type", ["application/gzip", "application/octet-stream", "text/csv"])
def test_a_file_is_kept_as_it_is_and_never_travels_inside_its_event(tmp_path, content_type):
    table = gzip.compress(b",,bc1\n")
    blocks = [table[:5], table[5:]]
    with take_in(blocks, content_type=content_type, encoding="zstd", scratch=tmp_path) as result:
        assert result.file.read() == table
        assert (result.size, result.content_type, result.content_encoding) == (len(table), content_type, None)
        assert inline(result.file, result.size, result.content_encoding) is None
        assert list(tmp_path.iterdir()) == []


def test_a_large_file_takes_little_memory(tmp_path):
    block = bytes(MIB)
    tracemalloc.start()
    with take_in(
        (block for _ in range(200)), content_type="application/octet-stream", encoding="gzip", scratch=tmp_path
    ) as result:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert result.size == 200 * MIB

    assert peak < 8 * MIB
