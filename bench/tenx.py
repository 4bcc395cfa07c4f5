"""The counts of an experiment in one file, as Cell Ranger writes it. Usage: python -m bench.tenx <parcel> <file>"""

import sys
from pathlib import Path

import h5py
import numpy as np

from tandem.exchange.parcel import Parcel

#: As Cell Ranger writes its arrays: entries of a chunk, and the level of gzip.
CHUNK_ENTRIES = 80_000
GZIP_LEVEL = 4


def write(parcel: Parcel, path: Path) -> None:
    with h5py.File(path, "w") as file:
        matrix = file.create_group("matrix")
        growing = {"maxshape": (None,), "chunks": (CHUNK_ENTRIES,), "compression": GZIP_LEVEL}
        data = matrix.create_dataset("data", (0,), "i4", **growing)
        indices = matrix.create_dataset("indices", (0,), "i8", **growing)
        starts = [np.zeros(1, np.int64)]
        for block in parcel.blocks("counts"):
            end = len(data)
            for kept, values in ((data, block.data), (indices, block.indices)):
                kept.resize((end + block.nnz,))
                kept[end:] = values
            starts.append(block.indptr[1:].astype(np.int64) + end)
        contents = parcel.contents
        matrix["indptr"] = np.concatenate(starts)
        matrix["shape"] = np.array([parcel.genes, parcel.cells], np.int32)
        matrix["barcodes"] = np.array(contents.barcodes, "S")
        features = matrix.create_group("features")
        features["id"] = np.array(contents.gene_ids, "S")
        features["name"] = np.array(contents.gene_names, "S")
        features["feature_type"] = np.full(parcel.genes, b"Gene Expression")
        features["genome"] = np.full(parcel.genes, b"GRCh38")


if __name__ == "__main__":
    write(Parcel(Path(sys.argv[1])), Path(sys.argv[2]))
