"""Make the demo's counts from the sample cells that the celltypist wheel carries.

Usage: python3 scripts/make-demo-counts.py celltypist-1.7.1-py3-none-any.whl data/demo

Only the standard library is needed. The same wheel gives the same bytes.
"""

import csv
import gzip
import io
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

COUNTS = "celltypist/data/samples/sample_cell_by_gene.csv"
GENE_IDS = "celltypist/data/samples/GENCODEv44_Gene_id2name.csv"

#: How far from a whole number a stored count may lie.
LARGEST_ROUNDING = 1e-6


def rows_of(wheel: zipfile.ZipFile, name: str) -> Iterator[list[str]]:
    with wheel.open(name) as file:
        yield from csv.reader(io.TextIOWrapper(file, encoding="utf-8"))


def whole(text: str) -> int:
    """Round what the sample stores as 0.999999999999999; refuse what is no count."""
    count = round(float(text))
    if count < 0 or abs(float(text) - count) > LARGEST_ROUNDING:
        raise SystemExit(f"{COUNTS} holds {text}, which is not a count.")
    return count


def write_gzip(path: Path, lines: Iterator[str]) -> None:
    """Write lines without a time or a name in the header, so that the bytes depend on the lines alone."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        for line in lines:
            packed.write(f"{line}\n".encode())


def ensembl_ids(wheel: zipfile.ZipFile) -> dict[str, str]:
    """Map a symbol to its Ensembl id, for the symbols that only one gene bears."""
    pairs = [(gene_id, symbol) for gene_id, symbol in rows_of(wheel, GENE_IDS)]
    bearers = Counter(symbol for _, symbol in pairs)
    return {symbol: gene_id for gene_id, symbol in pairs if bearers[symbol] == 1}


def main(wheel_path: str, folder: str) -> None:
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel_path) as wheel:
        ids = ensembl_ids(wheel)
        rows = rows_of(wheel, COUNTS)
        genes = next(rows)[1:]
        cells: list[str] = []
        entries: list[str] = []
        for cell, row in enumerate(rows, start=1):
            cells.append(row[0])
            counts = enumerate(map(whole, row[1:]), start=1)
            entries += [f"{gene} {cell} {count}" for gene, count in counts if count]

    header = ["%%MatrixMarket matrix coordinate integer general", f"{len(genes)} {len(cells)} {len(entries)}"]
    write_gzip(target / "matrix.mtx.gz", iter(header + entries))
    features = (f"{ids.get(symbol, symbol)}\t{symbol}\tGene Expression" for symbol in genes)
    write_gzip(target / "features.tsv.gz", features)
    write_gzip(target / "barcodes.tsv.gz", iter(cells))
    print(f"{len(genes)} genes x {len(cells)} cells, {len(entries)} counts above zero, in {target}")


if __name__ == "__main__":
    main(*sys.argv[1:])
