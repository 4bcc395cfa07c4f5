"""Results stream through the compressor at constant memory."""

import base64
import gzip
import tracemalloc

import pytest
import zstandard

from tandem.worker.results import INLINE_BYTES, compress, inline

MIB = 1 << 20


def opened(result):
    data = result.file.read()
    if result.content_encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return gzip.decompress(data)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("blocks", [[], [b""], [b"{}"], [b"ab", b"", b"cd" * MIB]])
def test_what_comes_out_is_what_went_in(tmp_path, encoding, blocks):
    with compress(iter(blocks), content_type="application/json", encoding=encoding, scratch=tmp_path) as result:
        assert opened(result) == b"".join(blocks)


def test_equal_blocks_give_equal_bytes(tmp_path):
    def once():
        with compress([b"[1,2,3]"], content_type="application/json", encoding="gzip", scratch=tmp_path) as result:
            return result.file.read()

    assert once() == once()


def test_a_result_of_any_size_takes_little_memory(tmp_path):
    block = bytes(range(256)) * (MIB // 256)
    tracemalloc.start()

    with compress((block for _ in range(200)), content_type="text/plain", encoding="gzip", scratch=tmp_path) as result:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert result.size > 0

    assert peak < 8 * MIB


def test_a_result_leaves_no_file_behind(tmp_path):
    with (
        compress(iter([b"x" * MIB] * 64), content_type="text/plain", encoding="gzip", scratch=tmp_path),
    ):
        assert list(tmp_path.iterdir()) == []


def test_a_stream_that_breaks_leaves_nothing(tmp_path):
    def broken():
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        compress(broken(), content_type="application/json", encoding="gzip", scratch=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_only_a_small_result_travels_inside_its_event(tmp_path):
    with compress([b"[1]"], content_type="application/json", encoding="gzip", scratch=tmp_path) as result:
        text = inline(result.file, result.size)
        assert text is not None
        assert gzip.decompress(base64.b64decode(text)) == b"[1]"
        assert inline(result.file, INLINE_BYTES + 1) is None
