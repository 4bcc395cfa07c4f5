"""Which data sets lie at a path, and which reader opens each: by content, not only by name."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from pkgutil import resolve_name

from scipy import sparse

from tandem.errors import InputUnusable
from tandem.exchange.archives import archive_kind, decompress, unpack
from tandem.exchange.hdf5 import opened
from tandem.exchange.names import distinct
from tandem.exchange.probe import check_hdf5
from tandem.exchange.readers.tenx_folder import PARTS, find_triples, open_triple
from tandem.exchange.readers.tenx_h5 import genome_groups
from tandem.exchange.source import Source
from tandem.exchange.text import first_bytes, is_gzip
from tandem.exchange.workspace import Workspace
from tandem.experiments.source import DATASET_FILE

Opener = Callable[[Path, Workspace], Source]

#: What opens a file of each format; a reader is imported when its format is met.
FORMATS = {
    "10x h5": "tenx_h5:open_tenx_h5",
    "h5ad": "h5ad:open_h5ad",
    "loom": "loom:open_loom",
    "rds": "rds:open_rds",
    "table": "table:open_table",
}
KNOWN = "a 10x folder or .h5, .h5ad, .loom, .rds, or a csv or tsv of counts"
MARKET_MAGIC = b"%%Matrix"
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
#: How R's serialised objects begin, once unzipped; other compressions are told by the name.
RDS_MAGIC = (b"X\n\0\0", b"A\n", b"B\n")
OTHER_COMPRESSIONS = (b"BZh", b"\xfd7zXZ")
#: HDF5 files that are known and hold no counts, by what lies in them.
NOT_COUNTS = {
    "barcode_idx": "it lists molecules (molecule_info.h5); give filtered_feature_bc_matrix.h5, which lies beside it",
    "mod": "it holds several modalities (h5mu); save the one of gene expression as .h5ad",
    "assays": "it is an h5Seurat file; save the object with saveRDS as .rds",
}
#: Folders of Cell Ranger that name no sample, of which the filtered are read where there are some.
FILTERED = re.compile(r"(?:sample_)?filtered_(?:feature|gene)_bc_matri(?:x|ces)(?:_mex|_h5)?(?:\.h5)?$")
RAW = re.compile(r"(?:.*[_.-])?(?:sample_)?(?:raw|unfiltered)_(?:feature|gene)_bc_matri(?:x|ces)(?:_h5)?(?:\.h5)?$")
PER_SAMPLE = re.compile("per_sample_outs$")
NAMELESS = re.compile(
    r"(?:outs?|counts?|matri(?:x|ces)|data|filtered|raw|per_sample_outs|Gene(?:Full)?|Solo\.out|mtx|multi"
    r"|GRCh\d+|hg\d+|mm\d+|GRCm\d+|(?:sample_)?(?:filtered|raw)(?:_(?:feature|gene)_bc_matri(?:x|ces))?(?:_mex)?)$",
    re.IGNORECASE,
)
ENDINGS = re.compile(r"\.(?:h5ad|h5|hdf5|loom|rds|csv|tsv|txt|tab|gz|zip|tar|tgz|mtx)$", re.IGNORECASE)
#: What the names of files say besides the sample.
AROUND_NAMES = re.compile(
    r"^GSM\d+[_.-]|[_.-]*(?:sample_)?(?:filtered|raw)?_?(?:feature|gene)_bc_matri(?:x|ces)(?:_h5)?$|[_.-]+$",
    re.IGNORECASE,
)
#: What a table that tells of the samples is called, where it lies among them.
SAMPLES_TABLE = re.compile(
    r"(?:samples?|samplesheet|(?:samples?_)?(?:metadata|info|sheet))\.(?:csv|tsv|txt)$", re.IGNORECASE
)
#: Files beside counts that are none themselves, or belong to three that are read together.
BESIDE = (
    re.compile(r"[._].*|.*(?:molecule_info\.h5|\.(?:html|pdf|png|json|bam|bai|cloupe|md|xml|log))$", re.IGNORECASE),
    SAMPLES_TABLE,
    *PARTS.values(),
)
#: How deep a folder is searched.
DEEPEST = 6


def find_sources(paths: Sequence[Path], workspace: Workspace) -> list[Source]:
    """Open everything that lies at the paths; each source has a sample's name of its own."""
    try:
        found = [source for path in paths for source in _look(path, workspace)]
    except PermissionError as error:
        raise InputUnusable(path=error.filename, reason="you may not read it") from None
    names = distinct((source.sample or "sample" for source in found), first=2)
    return [replace(source, sample=name) for source, name in zip(found, names, strict=True)]


def find_samples_table(paths: Sequence[Path]) -> Path | None:
    """The table that lies among the samples in one of the folders."""
    files = (file for path in paths if path.is_dir() for file in sorted(path.iterdir()) if file.is_file())
    return next((file for file in files if SAMPLES_TABLE.match(file.name)), None)


def sample_name(name: str) -> str:
    """The sample that a file or folder is named after; empty if it names none."""
    while ENDINGS.search(name):
        name = ENDINGS.sub("", name)
    while AROUND_NAMES.search(name):
        name = AROUND_NAMES.sub("", name)
    return "" if NAMELESS.match(name) else name


def _look(path: Path, workspace: Workspace) -> list[Source]:
    if not path.exists():
        raise InputUnusable(path=path, reason="there is no such file or folder")
    if path.is_dir():
        found = _look_into(path, workspace)
    elif not path.is_file():
        raise InputUnusable(path=path, reason="it is neither a file nor a folder")
    elif archive_kind(path):
        folder = workspace.new_folder("unpacked") / (sample_name(path.name) or "archive")
        folder.mkdir()
        unpack(path, folder)
        with _told_as_in(path, folder):
            found = [_as_in(path, folder, source) for source in _look_into(folder, workspace)]
        if not found and any(file.is_file() and archive_kind(file) for file in folder.rglob("*")):
            raise InputUnusable(path=path, reason="it holds other archives, which are not opened; unpack them first")
    elif match := PARTS["matrix"].match(path.name):
        triples = [replace(triple, matrix=path) for triple in find_triples(path.parent) if triple.prefix == match[1]]
        found = [_named(open_triple(triple, workspace), triple.prefix, path.parent) for triple in triples]
    else:
        found = [_open_file(path, format_of(path), workspace)]
    if not found:
        raise InputUnusable(path=path, reason=f"there is nothing in it to import; known are {KNOWN}")
    return found


def _look_into(folder: Path, workspace: Workspace) -> list[Source]:
    """The sources in a folder. Beside other data a table only says something of it."""
    return list(_search(folder, workspace, 0, tables=False)) or list(_search(folder, workspace, 0, tables=True))


def _search(folder: Path, workspace: Workspace, depth: int, tables: bool) -> Iterator[Source]:
    """The samples of three files, the files of other formats (or the tables), and what lies in the folders below."""
    triples = find_triples(folder)
    for triple in triples:
        yield _named(open_triple(triple, workspace), triple.prefix, folder)
    if any(not triple.prefix for triple in triples):
        return  # the folder is one sample, and what else lies there was made of it
    for child in _worth_reading(folder):
        if child.is_dir():
            if depth < DEEPEST and not folder.resolve().is_relative_to(child.resolve()):
                yield from _search(child, workspace, depth + 1, tables)
        elif (found := format_of(child)) and found != "archive" and (found == "table") == tables:
            yield _open_file(child, found, workspace)


def _worth_reading(folder: Path) -> list[Path]:
    """What may be or hold a source; of the output of Cell Ranger only the filtered counts of each sample."""
    if (folder / DATASET_FILE).is_file():
        return [folder / DATASET_FILE]  # an experiment's folder: the rest was made of it
    children = [child for child in sorted(folder.iterdir()) if not any(name.match(child.name) for name in BESIDE)]
    filtered = [child for child in children if FILTERED.search(child.name)]
    if filtered:
        children = [child for child in children if not RAW.match(child.name)]
        # The same counts in two forms: the one that is read faster.
        twins = {child.name.removesuffix(".h5") for child in filtered if child.is_file()}
        children = [child for child in children if not (child.is_dir() and child.name in twins)]
    for only in (PER_SAMPLE, FILTERED):
        if any(only.match(child.name) for child in children):
            return [child for child in children if only.match(child.name)]
    return children


def format_of(path: Path) -> str | None:
    """The format of a file by its content; none if it is of no known one."""
    start = first_bytes(path, 512)
    if start.startswith(HDF5_MAGIC):
        return _format_of_hdf5(path)
    if archive_kind(path):
        return "archive"
    if start.startswith(RDS_MAGIC) or (start.startswith(OTHER_COMPRESSIONS) and path.suffix.lower() == ".rds"):
        return "rds"
    return "table" if start and b"\0" not in start and not start.startswith(MARKET_MAGIC) else None


def _format_of_hdf5(path: Path) -> str | None:
    if is_gzip(path):
        return "gzipped HDF5"
    check_hdf5(path)
    with opened(path) as file:
        if {"matrix", "row_attrs", "col_attrs"} <= set(file):
            return "loom"
        if {"obs", "var"} <= set(file):
            return "h5ad"
        return "10x h5" if genome_groups(file) else None


def _open_file(path: Path, found: str | None, workspace: Workspace) -> Source:
    if found == "gzipped HDF5":
        plain = workspace.new_folder("unzipped") / path.name.removesuffix(".gz")
        decompress(path, plain)
        with _told_as_in(path, plain.parent):
            return replace(_as_in(path, plain.parent, _open_file(plain, format_of(plain), workspace)), files=(path,))
    if found is None:
        raise InputUnusable(path=path, reason=_why_unknown(path))
    opener: Opener = resolve_name(f"tandem.exchange.readers.{FORMATS[found]}")
    return _named(opener(path, workspace), path.name, path.parent)


def _why_unknown(path: Path) -> str:
    start = first_bytes(path, 8)
    if not start:
        return "it is empty"
    if start == HDF5_MAGIC:
        with opened(path) as file:
            known = next((reason for name, reason in NOT_COUNTS.items() if name in file), None)
            return known or f"its HDF5 is of no known format (it holds {', '.join(list(file)[:5]) or 'nothing'})"
    if MARKET_MAGIC.startswith(start):
        return "it is a Matrix Market file; call it matrix.mtx, and put features.tsv and barcodes.tsv beside it"
    if start.startswith(b"RDX"):
        return "it is a workspace of R; save the object alone with saveRDS as .rds"
    return f"it is of no known format; known are {KNOWN}"


def _named(source: Source, name: str, folder: Path) -> Source:
    """The source with the name of its sample: from its own, else from the nearest folder that has one."""
    names: Iterable[str] = (name, *(parent.name for parent in (folder.absolute(), *folder.absolute().parents)))
    return replace(source, sample=next((found for found in map(sample_name, names) if found), ""))


def _as_in(archive: Path, folder: Path, source: Source) -> Source:
    """A source that was unpacked into the folder, as lying in the archive."""

    def blocks() -> Iterator[sparse.csr_matrix]:
        with _told_as_in(archive, folder):
            yield from source.blocks()

    return replace(source, path=archive, blocks=blocks)


@contextmanager
def _told_as_in(archive: Path, folder: Path) -> Iterator[None]:
    """What is wrong with an unpacked file is told of the archive: nobody knows the folder."""
    try:
        yield
    except InputUnusable as error:
        path = Path(str(error.facts["path"]))
        inner = path.relative_to(folder) if path.is_relative_to(folder) else Path()
        raise InputUnusable(path=archive / inner, reason=error.facts["reason"]) from None
