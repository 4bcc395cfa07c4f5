"""Folders and files of 10x."""

import gzip

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.data_sets import small_counts, write_folder, write_h5, write_text
from helpers.reading import column, packed, refused, same_counts
from tandem.errors import InputUnusable
from tandem.exchange.inputs import find_sources
from tandem.exchange.readers.market import Market
from tandem.exchange.workspace import Workspace

HEADER = "%%MatrixMarket matrix coordinate integer general\n"


@pytest.fixture
def counts():
    return small_counts()


def test_other_features_than_genes_are_left_out_and_said(tmp_path, counts):
    types = ["Gene Expression"] * 36 + ["Antibody Capture"] * 4
    for number, path in enumerate(
        (write_folder(tmp_path / "a/s", counts, types=types), write_h5(tmp_path / "b/s.h5", counts, types=types))
    ):
        (tmp_path / str(number)).mkdir()
        parcel, facts, found = packed(tmp_path / str(number), path)
        assert parcel.contents.gene_ids == counts.ids[:36]
        assert same_counts(found, counts.matrix[:, :36])
        assert facts["notes"]["warnings"] == ["4 Antibody Capture features left out"]


def test_a_folder_of_samples_has_one_sample_a_folder(tmp_path, counts):
    other = small_counts(seed=1)
    write_folder(tmp_path / "study/left", counts)
    write_folder(tmp_path / "study/right", other, version=2)
    parcel, facts, found = packed(tmp_path, tmp_path / "study")
    assert facts["samples"] == {"left": 30, "right": 30}
    assert column(parcel, "samples") == ["left"] * 30 + ["right"] * 30
    assert same_counts(found[30:], other.matrix)


def test_samples_of_a_study_may_share_a_folder(tmp_path, counts):
    for name in ("GSM123_left_", "GSM124_right_"):
        write_folder(tmp_path / "study", counts, prefix=name)
    parcel, facts, _ = packed(tmp_path, tmp_path / "study")
    assert facts["samples"] == {"left": 30, "right": 30}
    assert parcel.contents.barcodes[0] == f"left_{counts.barcodes[0]}"


def test_a_matrix_may_lie_beside_another_form_of_itself(tmp_path, counts):
    folder = write_folder(tmp_path / "s", counts)
    zipped = folder / "matrix.mtx.gz"
    (folder / "matrix.mtx").write_bytes(gzip.decompress(zipped.read_bytes()))
    for number, matrix in enumerate((zipped, folder / "matrix.mtx")):
        (tmp_path / str(number)).mkdir()
        _, _, found = packed(tmp_path / str(number), matrix)
        assert same_counts(found, counts.matrix)


def test_a_matrix_that_is_hidden_is_refused(tmp_path, counts):
    hidden = (write_folder(tmp_path / "s", counts) / "matrix.mtx.gz").rename(tmp_path / "s" / ".matrix.mtx.gz")
    with pytest.raises(InputUnusable, match="nothing in it to import"):
        find_sources([hidden], Workspace(tmp_path, tmp_path))


def test_samples_of_one_name_are_told_apart_whatever_others_are_called(tmp_path, counts):
    paths = [write_folder(tmp_path / place, counts) for place in ("one/s", "two/s", "three/s-2")]
    sources = find_sources(paths, Workspace(tmp_path, tmp_path))
    assert [source.sample for source in sources] == ["s", "s-3", "s-2"]


def test_of_cell_rangers_output_the_filtered_counts_are_read(tmp_path, counts):
    for sample in ("one", "two"):
        outs = tmp_path / "runs" / sample / "outs"
        write_folder(outs / "filtered_feature_bc_matrix", counts)
        write_folder(outs / "raw_feature_bc_matrix", small_counts(cells=90))
        write_h5(outs / "filtered_feature_bc_matrix.h5", counts)
        write_h5(outs / "raw_feature_bc_matrix.h5", counts)
        write_text(outs / "metrics_summary.csv", "a,b\n1,2\n")
    _, facts, _ = packed(tmp_path, tmp_path / "runs")
    assert facts["samples"] == {"one": 30, "two": 30}
    sources = find_sources([tmp_path / "runs/one/outs/filtered_feature_bc_matrix"], Workspace(tmp_path, tmp_path))
    assert [source.sample for source in sources] == ["one"]


@pytest.mark.parametrize(
    "names",
    [
        ("one_filtered_feature_bc_matrix.h5", "one_raw_feature_bc_matrix.h5", "one_molecule_info.h5"),
        ("one/outs/filtered_gene_bc_matrices_h5.h5", "one/outs/raw_gene_bc_matrices_h5.h5"),
        (
            "outs/per_sample_outs/one/count/sample_filtered_feature_bc_matrix.h5",
            "outs/multi/count/raw_feature_bc_matrix.h5",
        ),
        ("GSM77_one.h5",),
        ("one/filtered_feature_bc_matrix.h5",),
    ],
)
def test_files_are_found_and_named_wherever_they_lie(tmp_path, counts, names):
    for name in names:
        write_h5(tmp_path / "runs" / name, counts if "filtered" in name or len(names) == 1 else small_counts(cells=90))
    _, facts, _ = packed(tmp_path, tmp_path / "runs")
    assert facts["samples"] == {"one": 30}


def test_cells_may_be_the_rows(tmp_path, counts):
    folder = write_folder(tmp_path / "s", counts)
    write_triples(folder / "matrix.mtx.gz", counts.matrix.tocoo(), by_gene=True, transposed=True)
    _, _, found = packed(tmp_path, folder)
    assert same_counts(found, counts.matrix)


def test_entries_may_come_in_any_order(tmp_path, counts):
    folder = write_folder(tmp_path / "s", counts)
    write_triples(folder / "matrix.mtx.gz", counts.matrix.tocoo(), by_gene=True)
    _, _, found = packed(tmp_path, folder)
    assert same_counts(found, counts.matrix)


def test_a_cell_may_lie_across_blocks(tmp_path, counts, monkeypatch):
    monkeypatch.setattr("tandem.exchange.text.text_blocks.__defaults__", (100,))
    monkeypatch.setattr("tandem.exchange.text.BLOCK_BYTES", 64)
    _, _, found = packed(tmp_path, write_folder(tmp_path / "s", counts))
    assert same_counts(found, counts.matrix)


def test_whole_numbers_may_be_written_as_real_ones(tmp_path, counts):
    folder = write_folder(tmp_path / "s", counts, version=2)
    text = (folder / "matrix.mtx").read_text().replace(" integer ", " real ").split("\n")
    write_text(folder / "matrix.mtx", "\n".join(text[:3] + [f"{line}.0" for line in text[3:] if line]) + "\n")
    _, _, found = packed(tmp_path, folder)
    assert same_counts(found, counts.matrix)


def write_triples(path, matrix, by_gene=False, transposed=False):
    order = np.lexsort((matrix.row, matrix.col)) if by_gene else np.lexsort((matrix.col, matrix.row))
    first, second = (matrix.row, matrix.col) if transposed else (matrix.col, matrix.row)
    cells, genes = matrix.shape
    rows, columns = (cells, genes) if transposed else (genes, cells)
    lines = [f"{first[at] + 1} {second[at] + 1} {matrix.data[at]}\n" for at in order]
    write_text(path, f"{HEADER}%\n{rows} {columns} {len(lines)}\n{''.join(lines)}")


def small_folder(tmp_path, entries, features=3, barcodes=2, header=HEADER, size="3 2 2"):
    folder = tmp_path / "s"
    write_text(folder / "features.tsv.gz", "".join(f"ENSG{n}\tG{n}\tGene Expression\n" for n in range(features)))
    write_text(folder / "barcodes.tsv.gz", "".join(f"CELL{n}\n" for n in range(barcodes)))
    write_text(folder / "matrix.mtx", f"{header}{size}\n{entries}")
    return folder


@pytest.mark.parametrize(
    ("entries", "more", "sentence"),
    [
        ("1 1 1\n4 2 1\n", {}, "matrix.mtx cannot be imported: line 4: an entry lies outside of the 3 rows and 2"),
        ("1 1 1\n1 0 1\n", {}, "line 4: an entry lies outside"),
        ("1 1 1\n1 2 x\n", {}, "line 4: '1 2 x' is not a number"),
        ("1 1 1\n1 2 nan\n", {}, "line 4: '1 2 nan' is not a number"),
        ("1 1 1\n1 2\n", {}, "line 4: there should be a row, a column and a count"),
        ("1 1 1\n", {}, "it has 1 entries, but its header tells of 2; it was cut off"),
        ("1 1 1\n2 1 1\n3 1 1\n", {}, "line 3: there are more than the 2 entries"),
        ("1 1 1\n1 2 1.386\n", {}, "there are no counts: the matrix holds normalised, scaled or estimated values"),
        ("1 1 1\n1 2 -1\n", {}, "(the first is -1)"),
        ("1 1 1\n1 2 3000000000\n", {}, "holds 3000000000, more than can be a count"),
        ("1 1 0\n1 2 0\n", {}, "all of its counts are 0"),
        ("1 1 1\n1 2 1\n", {"features": 4}, "features.tsv.gz cannot be imported: it has 4 features but matrix.mtx has"),
        ("1 1 1\n1 2 1\n", {"barcodes": 1}, "it has 1 barcodes but matrix.mtx has 2 columns"),
        ("1 1 1\n1 2 1\n", {"header": "3 2 2\n"}, "line 1 is not that of a Matrix Market file"),
        ("1 1 1\n", {"header": HEADER.replace("integer", "pattern")}, "line 1 says 'matrix coordinate pattern"),
        ("1 1 1\n", {"header": HEADER.replace("general", "symmetric")}, "line 1 says that half of the matrix is"),
        ("1 1 1\n", {"size": "3 two 2"}, "line 2 should have the numbers of rows, columns and entries"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_matrix_is_said_with_its_line(tmp_path, entries, more, sentence):
    assert sentence in refused(tmp_path, small_folder(tmp_path, entries, **more))


def test_a_truncated_file_is_said_with_its_line(tmp_path, counts):
    folder = write_folder(tmp_path / "s", counts)
    whole = (folder / "matrix.mtx.gz").read_bytes()
    (folder / "matrix.mtx.gz").write_bytes(whole[: len(whole) // 2])
    message = refused(tmp_path, folder)
    assert "matrix.mtx.gz cannot be imported: its gzip is truncated: it ends in the middle of line " in message
    line = int(message.split("line ")[1].split(";")[0].replace(",", ""))
    assert 100 < line < gzip.decompress(whole).count(b"\n")


def test_a_damaged_file_is_said(tmp_path, counts):
    folder = write_folder(tmp_path / "s", counts)
    whole = bytearray((folder / "matrix.mtx.gz").read_bytes())
    whole[-6] ^= 1
    (folder / "matrix.mtx.gz").write_bytes(whole)
    assert "its gzip is damaged at line " in refused(tmp_path, folder)


def test_a_missing_file_is_said(tmp_path, counts):
    folder = write_folder(tmp_path / "s", counts)
    (folder / "features.tsv.gz").unlink()
    assert "there is no features.tsv (or genes.tsv) beside it" in refused(tmp_path, folder)


def test_ids_that_are_there_twice_are_named(tmp_path, counts):
    counts.ids[:6] = ["ENSG1"] * 2 + ["ENSG2"] * 2 + ["ENSG3", "ENSG3"]
    counts.ids[6:8] = ["ENSG4"] * 2
    message = refused(tmp_path, write_folder(tmp_path / "s", counts))
    assert "gene names duplicated: ENSG1, ENSG2, ENSG3 and 1 more stand for more than one gene" in message


def test_genomes_are_put_side_by_side(tmp_path, counts):
    path = write_h5(tmp_path / "s.h5", counts, version=2, genome="hg19")
    with h5py.File(path, "r+") as file:
        file.copy("hg19", "mm10")
        del file["mm10/genes"]
        file["mm10/genes"] = np.array([f"ENSMUSG{n:011d}" for n in range(40)], "S")
    parcel, _, found = packed(tmp_path, path)
    assert parcel.genes == 80
    assert same_counts(found[:, 40:], counts.matrix)


def test_an_h5_with_fewer_rows_than_features_is_refused(tmp_path, counts):
    path = write_h5(tmp_path / "s.h5", counts)
    with h5py.File(path, "r+") as file:
        file["matrix/shape"][0] = 39
    assert "it has 40 features but its matrix has 39 rows" in refused(tmp_path, path)


def test_a_truncated_h5_is_refused(tmp_path, counts):
    path = write_h5(tmp_path / "s.h5", counts)
    path.write_bytes(path.read_bytes()[:-500])
    assert "its HDF5 is truncated" in refused(tmp_path, path)


def test_an_h5_that_points_outside_is_refused(tmp_path, counts):
    path = write_h5(tmp_path / "s.h5", counts)
    with h5py.File(path, "r+") as file:
        file["matrix/indices"][3] = 40
    assert "/matrix/indices points outside of the matrix" in refused(tmp_path, path)


def test_molecules_are_no_counts(tmp_path):
    with h5py.File(tmp_path / "molecules.h5", "w") as file:
        file["barcode_idx"] = [1]
    assert "give filtered_feature_bc_matrix.h5" in refused(tmp_path, tmp_path / "molecules.h5")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_a_matrix_or_refused(tmp_path_factory, noise, has_header):
    path = tmp_path_factory.mktemp("noise") / "matrix.mtx"
    path.write_bytes((HEADER.encode() + b"3 3 2\n" if has_header else b"") + noise)
    try:
        blocks = list(Market(path).blocks(True, path.parent))
    except InputUnusable:
        return
    assert sum(block.shape[0] for block in blocks) == 3
