"""Dense tables."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.data_sets import small_counts, write_table, write_text
from helpers.reading import column, packed, refused, same_counts
from tandem.errors import InputUnusable
from tandem.exchange.readers.row import whole_numbers
from tandem.exchange.readers.table import open_table
from tandem.exchange.workspace import Workspace


@pytest.fixture
def counts():
    return small_counts()


@pytest.mark.parametrize("name", ["s.csv", "s.tsv.gz", "s.txt"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", " "])
@pytest.mark.parametrize("quotes", [False, True])
@pytest.mark.parametrize("corner", [False, True])
@pytest.mark.parametrize("genes_are_rows", [False, True])
def test_a_table_is_read_however_it_is_written(tmp_path, counts, name, delimiter, quotes, corner, genes_are_rows):
    path = write_table(tmp_path / name, counts, genes_are_rows, delimiter, quotes, corner or delimiter == " ")
    parcel, facts, found = packed(tmp_path, path)
    assert same_counts(found, counts.matrix)
    assert parcel.contents.barcodes == counts.barcodes
    assert parcel.contents.gene_ids == counts.ids
    assert facts["samples"] == {"s": 30}


def test_symbols_tell_genes_from_cells_too(tmp_path, counts):
    counts.barcodes = [f"cell{number}" for number in range(30)]
    names = [f"{name}x" if at % 2 else name for at, name in enumerate(counts.names)]
    parcel, _, found = packed(tmp_path, write_table(tmp_path / "s.csv", counts, names=names))
    assert same_counts(found, counts.matrix)
    assert parcel.contents.gene_names == names


def test_a_symbol_may_stand_beside_the_id(tmp_path):
    text = "id,symbol,AACCGGTTAACC-1,AACCGGTTAACG-1\nENSG00000000001,A,1,2\nENSG00000000002,B,0,12\n"
    parcel, _, found = packed(tmp_path, write_text(tmp_path / "s.csv", text))
    assert parcel.contents.gene_names == ["A", "B"]
    assert found.toarray().tolist() == [[1, 0], [2, 12]]


def test_a_text_may_stand_beside_the_cell(tmp_path):
    text = "cell,sample,ENSG00000000001,ENSG00000000002\nAACCGGTTAACC-1,x,1,2\nAACCGGTTAACG-1,y,0,12\n"
    parcel, facts, found = packed(tmp_path, write_text(tmp_path / "s.csv", text))
    assert column(parcel, "samples") == ["x", "y"]
    assert facts["samples"] == {"x": 1, "y": 1}
    assert found.toarray().tolist() == [[1, 2], [0, 12]]


def test_whole_numbers_may_be_written_as_decimals(tmp_path):
    text = ",ENSG00000000001,ENSG00000000002\nAACCGGTTAACC-1,1.0,0.0\nAACCGGTTAACG-1,1e1,2.00\n"
    _, _, found = packed(tmp_path, write_text(tmp_path / "s.csv", text))
    assert found.toarray().tolist() == [[1, 0], [10, 2]]


HEAD = ",ENSG00000000001,ENSG00000000002\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{HEAD}AACCGGTTAACC-1,1,2\nAACCGGTTAACG-1,1\n", "line 3 has 2 fields, not 3"),
        (f"{HEAD}AACCGGTTAACC-1,1,2\nAACCGGTTAACG-1,1,2,3\n", "line 3 has 4 fields, not 3"),
        (f"{HEAD}AACCGGTTAACC-1,1,2\n\nAACCGGTTAACG-1,1,NA\n", "line 4 has 'NA' in column ENSG00000000002, which is"),
        (f"{HEAD}AACCGGTTAACC-1,1,2\nAACCGGTTAACG-1,,2\n", "line 3 has '' in column ENSG00000000001"),
        (f"{HEAD}AACCGGTTAACC-1,1,2\nAACCGGTTAACG-1,nan,2\n", "line 3 has 'nan' in column"),
        (f"{HEAD}AACCGGTTAACC-1,1,2\nAACCGGTTAACG-1,0.5,2\n", "there are no counts: the table holds normalised"),
        (f"{HEAD}AACCGGTTAACC-1,1,2\nAACCGGTTAACG-1,-1,2\n", "(the first is -1)"),
        (f"{HEAD}AACCGGTTAACC-1,1,2\nAACCGGTTAACG-1,99999999999999999999,2\n", "more than can be a count"),
        (HEAD, "it has no line of counts after its first line"),
        ("sample,age\na,old\nb,new\n", "line 2 has no counts"),
        (",x,y\na,1,2\nb,3,4\n", "it cannot be told whether genes are its rows or its columns"),
        (",x,y\na,1,2,3\nb,3,4\n", "line 1 has 3 fields but line 2 has 4"),
        (",x,y\na,b,c,2\n", "line 2 has 3 texts before its first number"),
        ("", "it is empty"),
        (",MT-CO1,RPL3,RPL3,RPL3,RPS2,RPS2\nAACCGGTTAACC,1,2,3,4,5,6\n", "gene names duplicated: RPL3, RPS2 stand"),
        (
            f"{HEAD}{'AACCGGTTAACC-1,1,2' + chr(10)}AACC\0GGTTAACG-1,1,2\n",
            "it is of no known format; known are a 10x folder",
        ),
    ],
)
def test_what_is_wrong_in_a_table_is_said_with_its_line(tmp_path, text, sentence):
    assert sentence in refused(tmp_path, write_text(tmp_path / "s.csv", text))


def test_a_truncated_table_is_said_with_its_line(tmp_path, counts):
    path = write_table(tmp_path / "s.csv.gz", counts)
    path.write_bytes(path.read_bytes()[:-300])
    assert "its gzip is truncated: it ends in the middle of line " in refused(tmp_path, path)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 10**9) | st.sampled_from([0, 0, 0, "1.0", "0.0", "12.0"]), min_size=1, max_size=30))
def test_a_row_is_what_its_numbers_say(row):
    places, values = whole_numbers(",".join(map(str, row)).encode(), b",", len(row))
    dense = np.zeros(len(row))
    dense[places] = values
    assert dense.tolist() == [float(value) for value in row]


@settings(max_examples=200, deadline=None)
@example(text="\nA,0\n", has_header=False)
@given(text=st.text(alphabet='ACGTENS019,.\t"\n\r\0é', max_size=80), has_header=st.booleans())
def test_any_text_is_a_table_or_refused(tmp_path_factory, text, has_header):
    path = tmp_path_factory.mktemp("noise") / "s.csv"
    path.write_bytes((HEAD if has_header else "").encode() + text.encode())
    try:
        source = open_table(path, Workspace(path.parent, path.parent))
        blocks = list(source.blocks())
    except InputUnusable:
        return
    assert sum(block.shape[0] for block in blocks) == len(source.barcodes)


def test_a_row_without_a_name_has_the_empty_one(tmp_path):
    path = write_text(tmp_path / "s.csv", "gene,c1,c2\nMT-CO1,1,2\n,3,4\n")
    parcel, _, _ = packed(tmp_path, path)
    assert parcel.contents.gene_ids == ["MT-CO1", ""]
