"""Whether a gzip file is whole: R does not notice when the disk has no room for the last bytes of one."""

from gzip import BadGzipFile
from pathlib import Path
from typing import cast

from isal import igzip, igzip_lib

from tandem.blocks import blocks_of

#: What reading a gzip file that is not whole ends with.
BROKEN = (BadGzipFile, EOFError, cast("type[Exception]", igzip_lib.IsalError))


def fault_in_gzip(path: Path) -> str | None:
    """Why the file is not whole, or None where it is."""
    try:
        with igzip.IGzipFile(path) as file:  # type: ignore[no-untyped-call]
            for _ in blocks_of(file):
                pass
    except BROKEN as error:
        return str(error)
    return None
