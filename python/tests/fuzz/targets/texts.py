"""Data sets of text: folders of 10x, tables of counts, and the table of samples beside them."""

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzz.draw import Draw
from fuzz.importing import bring_in
from fuzz.target import Target
from helpers.data_sets import small_counts, write_folder, write_table

COUNTS = small_counts(cells=5, genes=6)
TENX = ("matrix.mtx", "genes.tsv", "barcodes.tsv")
#: What else lies in a folder may be one of these.
FILES = (*TENX, "counts.csv", "counts.tsv", "samples.csv")


def run(data: bytes) -> None:
    """The first byte says which file the others are, the second whether it is gzipped."""
    draw = Draw(data)
    name, gzipped = draw.one_of(FILES), draw.upto(7) == 1
    content = draw.rest()

    def write(folder: Path) -> None:
        if name in TENX:
            write_folder(folder, COUNTS, version=2)
        elif name == "samples.csv":
            write_table(folder / "a.csv", COUNTS)
        (folder / name).write_bytes(gzip.compress(content, 1) if gzipped else content)

    bring_in(write)


def seeds() -> list[bytes]:
    """Each file as it should be."""
    with TemporaryDirectory() as place:
        folder = write_folder(Path(place, "s"), COUNTS, version=2)
        found = [(folder / name).read_bytes() for name in TENX]
        for delimiter in ",\t":
            path = write_table(folder / "t", COUNTS, delimiter=delimiter, quotes=delimiter == ",")
            found.append(path.read_bytes())
    found.append(b"sample,age,sex\na,10,f\n")
    return [bytes([place, gzipped]) + content for place, content in enumerate(found) for gzipped in (0, 1)]


TARGET = Target(run, seeds, examples=60)
