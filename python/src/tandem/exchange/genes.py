"""Which of a data set's names of genes are ids, and which are for people."""

import re
from collections.abc import Mapping, Sequence

ENSEMBL = re.compile(r"ENS[A-Z]{0,4}G\d{6,}(?:\.\d+)?(?:_.*)?$")
#: What columns of ids are called, other than by Ensembl's own pattern.
ID_COLUMNS = ("gene_ids", "gene_id", "Accession", "ensembl_id", "ensembl", "feature_id")
#: What columns of names are called.
NAME_COLUMNS = (
    "feature_name", "gene_symbols", "gene_symbol", "gene_names", "gene_name", "symbol", "Gene", "name", "features",
)  # fmt: skip
#: What makes a name that is there twice its own: `TBCE-1`.
NUMBERED = re.compile(r"(.+)-\d{1,3}$")
#: Names that only genes have, of people and of mice, without regard to case.
FAMILIES = re.compile(
    r"(?:ENS[A-Z]{0,4}G\d{6,}.*|MT-.+|RP[LS]\d+[AXLYP\d]*|ACTB|B2M|GAPDH|MALAT1|EEF1A1|TMSB4X|NDUF[ABSCV]\d+|COX\d\w*"
    r"|PSM[ABCD]\d+|CD\d{1,3}[A-Z]?|HLA-.+|IL\d+R?[AB]?|LINC\d+|ZNF\d+|ZFP\d+|SLC\d+A\d+|TMEM\d+|CCL\d+|EIF\d\w+)$",
    re.IGNORECASE,
)
BARCODE = re.compile(r"(?:.*[^A-Za-z])?[ACGT]{8,}(?:[^A-Za-z].*)?$")


def ids_and_names(index: Sequence[str], columns: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """Ids are what looks like Ensembl's, else the index; names are the other."""
    ids = list(index)
    if not looks_like_ids(ids):
        known = [columns[name] for name in ID_COLUMNS if name in columns]
        for found in (*known, *(values for name, values in columns.items() if name not in ID_COLUMNS)):
            # A gene without an id keeps its name.
            filled = [gene if ENSEMBL.match(gene) else name for gene, name in zip(found, index, strict=True)]
            if looks_like_ids(found) and len(set(filled)) == len(filled):
                return filled, original_names(index)
        return ids, names_beside(ids, columns, original_names(ids) if len(set(ids)) == len(ids) else ids)
    return ids, names_beside(ids, columns, ids)


def names_beside(ids: Sequence[str], columns: Mapping[str, Sequence[str]], otherwise: Sequence[str]) -> list[str]:
    """The names that stand beside ids; a gene without one goes by its id."""
    for column in NAME_COLUMNS:
        if column in columns and not looks_like_ids(columns[column]):
            return [name if name and name != "nan" else gene for name, gene in zip(columns[column], ids, strict=True)]
    return list(otherwise)


def looks_like_ids(names: Sequence[str]) -> bool:
    """Whether at least half of the names are Ensembl's."""
    return 2 * sum(1 for name in names if ENSEMBL.match(name)) >= len(names) > 0


def original_names(names: Sequence[str]) -> list[str]:
    """Names without the numbers that were put behind those that are there twice."""
    there = set(names)
    matches = [NUMBERED.match(name) for name in names]
    return [match[1] if match and match[1] in there else name for name, match in zip(names, matches, strict=True)]


def genes_among(names: Sequence[str]) -> int:
    """How many of the names are surely those of genes."""
    return sum(1 for name in names if FAMILIES.match(name))


def barcodes_among(names: Sequence[str]) -> int:
    """How many of the names are surely those of cells."""
    return sum(1 for name in names if BARCODE.match(name))
