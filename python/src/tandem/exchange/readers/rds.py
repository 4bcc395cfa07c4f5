"""R's .rds: a foreign object may run code when it is read, so a throw-away R process reads it and leaves a parcel."""

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from scipy import sparse

from tandem.blocks import BLOCK_BYTES, blocks_of
from tandem.errors import InputUnusable, ParcelDamaged
from tandem.exchange import sandbox
from tandem.exchange.parcel import Parcel
from tandem.exchange.sandbox import Confinement, Ended, Limits
from tandem.exchange.source import Source
from tandem.exchange.workspace import Workspace

#: Bytes of memory that R gets for each byte of the file, and to begin with.
MEMORY_A_BYTE, MEMORY_LEAST = 40, 2 << 30
#: Seconds that R gets to begin with, and bytes of the file that it should manage in each further one.
SECONDS_LEAST, BYTES_A_SECOND = 300, 1_000_000
#: How much of the reason that R gives is shown, in bytes.
REASON_BYTES = 1000
#: The parts of a parcel that are read whole, and how long they may be in bytes.
TEXTS, TEXT_BYTES = ("parcel.json", "cell_sets.json", "barcodes.txt", "gene_ids.txt", "gene_names.txt"), 1 << 28
#: Bytes without which R fails in one of many ways before it has read anything, and what it complains of later.
MEMORY_OF_R, OUT_OF_MEMORY = 400 << 20, ("memory exhausted", "annot allocate", "not allocate memory")
#: How R is asked; it gets the object as its stdin and writes where it is.
READ = ("Rscript", "--no-init-file", "--no-site-file", "-e", "tandem:::plain_rds('.')")

COMPRESSED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
#: What other files begin with that people take for an .rds, and what to do with them.
OTHERS = {
    b"\x0b\x0e\x0a\x0c": "it is a file of the package qs. In R, save it anew: saveRDS(qs::qread(file), 'object.rds')",
    b"RDX": "it is a workspace of several objects (.RData). In R, load it and save the one object by saveRDS",
    b"RDA": "it is a workspace of several objects (.RData). In R, load it and save the one object by saveRDS",
    b"\x89HDF": "it is an HDF5 file, not one that saveRDS wrote. Give it its own ending: .h5, .h5ad or .loom",
}
#: How what saveRDS writes begins: as binary, as text, or as this kind of machine holds it.
SAVED = (b"X\n", b"A\n", b"B\n")


def open_rds(path: Path, workspace: Workspace, limits: Limits | None = None) -> Source:
    """Read an .rds with a Seurat object, a SingleCellExperiment or a matrix of counts by way of a parcel in the
    workspace."""
    if not path.is_file():
        raise InputUnusable(path=path, reason="there is no such file")
    output = workspace.new_folder("rds")
    limits = limits or limits_for(path)
    way = sandbox.best_way(workspace.r_library)
    ended = sandbox.run(READ, unpacked(path), output, workspace.r_library, limits, way)
    if (reason := failure(ended, output, limits)) is not None:
        raise InputUnusable(path=path, reason=reason)
    try:
        return source_of(path, output, way)
    except (ParcelDamaged, LookupError, OSError, TypeError, ValueError, RecursionError, MemoryError) as error:
        raise InputUnusable(path=path, reason=f"what R made of it does not fit together ({error})") from None


def source_of(path: Path, output: Path, way: Confinement) -> Source:
    """The data set in a parcel that a stranger may have written."""
    for name in TEXTS:
        if (output / name).exists() and (output / name).lstat().st_size > TEXT_BYTES:
            raise ParcelDamaged(folder=output, reason=f"{name} is too long")
    parcel = Parcel(output)
    if "counts" not in parcel.layers or parcel.cells < 1 or parcel.genes < 1:
        raise ParcelDamaged(folder=output, reason="it holds no counts")
    contents = parcel.contents
    told = dict(contents.notes)
    return Source(
        path=path,
        format="rds",
        gene_ids=contents.gene_ids,
        gene_names=contents.gene_names,
        barcodes=contents.barcodes,
        blocks=lambda: counted(parcel, path),
        columns=contents.columns,
        reductions=contents.reductions,
        analysed=told["analysed"] is True,
        cell_sets=contents.cell_sets,
        notes=[*told_notes(told), *confinement_notes(way)],
        files=[path],
    )


def counted(parcel: Parcel, path: Path) -> Iterator[sparse.csr_matrix]:
    """The counts; R has checked them, but whoever hid code in the file may have written others."""
    for block in parcel.blocks("counts"):
        if block.nnz and block.data.min() < 1:
            raise InputUnusable(path=path, reason="what R made of it holds counts below 1")
        yield block


def told_notes(told: Mapping[str, Any]) -> Iterator[str]:
    """What was read and what was not, in words."""
    assay = f", its assay {told['assay']}" if told["assay"] else ""
    yield readable(f"It is a {told['format']}{assay}.")
    if told["left_out"]:
        yield readable(f"Left out: {', '.join(map(str, told['left_out']))}.")


def confinement_notes(way: Confinement) -> Iterator[str]:
    """What the process that read it could have done, where that is more than nothing."""
    if way.network:
        yield (
            "The file was read by a process without a wall around it, for the kernel allows none here: code hidden in "
            "it could have reached the network. Install bubblewrap, or import files of strangers elsewhere."
        )
    elif way.files:
        yield "The file was read without network, but among the files of this machine: bubblewrap is not usable here."


def limits_for(path: Path) -> Limits:
    """What reading a file of this size may use up on this machine."""
    size = path.stat().st_size
    memory = min(MEMORY_LEAST + MEMORY_A_BYTE * size, memory_available())
    return Limits(memory=memory, seconds=SECONDS_LEAST + size / BYTES_A_SECOND, output=memory)


def memory_available() -> int:
    """Bytes that can be had without others being pushed out."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def unpacked(path: Path) -> Iterator[bytes]:
    """What saveRDS wrote, whatever it was compressed by; R gets the bytes and never the file."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
        opened = next((how for magic, how in COMPRESSED.items() if head.startswith(magic)), open)
        stream: IO[bytes]
        with opened(path, "rb") as stream:
            block = stream.read(BLOCK_BYTES)
            if (other := next((what for magic, what in OTHERS.items() if block.startswith(magic)), None)) is not None:
                raise InputUnusable(path=path, reason=other)
            if not block.startswith(SAVED):
                raise InputUnusable(path=path, reason="it is not a file that R's saveRDS wrote")
            yield block
            yield from blocks_of(stream)
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise InputUnusable(path=path, reason=f"it is cut short or damaged ({error})") from None
    except OSError as error:
        raise InputUnusable(path=path, reason=error.strerror or f"it is cut short or damaged ({error})") from None


def failure(ended: Ended, output: Path, limits: Limits) -> str | None:
    """Why there is no parcel, in words; None when there is one."""
    gigabytes = f"{limits.memory / 1e9:.1f} GB"
    match ended.by:
        case "time":
            return f"R had not read it after {limits.seconds:.0f} s, and was stopped"
        case "output":
            return f"more than {limits.output / 1e9:.1f} GB came out of it, and R was stopped"
        case "input":
            return f"it unpacks to more than the {gigabytes} of memory that reading it may take"
    reason = reason_given(output)
    if not reason and ended.status == 0 and (output / "parcel.json").exists():
        return None
    if limits.memory < MEMORY_OF_R or any(sign in ended.complaint for sign in OUT_OF_MEMORY):
        return f"R needs more than the {gigabytes} of memory that reading it may take"
    said = readable(ended.complaint[-300:]).rstrip(".") or "it said nothing"
    return reason or f"R ended while it read it (status {ended.status}): {said}"


def reason_given(output: Path) -> str:
    """The sentence that R left; a stranger may have put anything in its place."""
    try:
        handle = os.open(output / "error.txt", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(handle, "rb") as file:
        try:
            return readable(file.read(REASON_BYTES).decode(errors="replace"))
        except OSError:
            return ""


def readable(text: str) -> str:
    """Text on one line without signs that a terminal would act upon."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
