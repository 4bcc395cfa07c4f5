"""Files in R's serialisation format, written byte by byte: what saveRDS would never write.

A promise in such a file has no value yet; R before 4.4 evaluates it when it is touched (CVE-2024-27322).
"""

import struct

NULL, GLOBAL, UNBOUND, BASE = (struct.pack(">i", code) for code in (254, 253, 252, 241))
#: Types of R's values.
SYMBOL, PAIRS, CLOSURE, ENVIRONMENT, PROMISE, CALL, TEXT, FLAGS, INTEGERS, REALS, TEXTS, LIST, S4 = (
    1, 2, 3, 4, 5, 6, 9, 10, 13, 14, 16, 19, 25,
)  # fmt: skip
OBJECT, ATTRIBUTES, TAG, ASCII, S4_BIT, ACTIVE = 1 << 8, 1 << 9, 1 << 10, 64 << 12, 16 << 12, 1 << 27


def number(value: int) -> bytes:
    return struct.pack(">i", value)


def rds(item: bytes) -> bytes:
    """A file of one value, uncompressed."""
    return b"X\n" + number(2) + number(0x00040202) + number(0x00020300) + item


def text(value: str) -> bytes:
    return number(TEXT | ASCII) + number(len(value)) + value.encode()


def symbol(name: str) -> bytes:
    return number(SYMBOL) + text(name)


def pairs(items: dict[str, bytes], level: int = 0) -> bytes:
    return b"".join(number(PAIRS | TAG | level) + symbol(name) + item for name, item in items.items()) + NULL


def with_attributes(kind: int, content: bytes, attributes: dict[str, bytes]) -> bytes:
    if not attributes:
        return number(kind) + content
    is_object = OBJECT if "class" in attributes else 0
    return number(kind | ATTRIBUTES | is_object) + content + pairs(attributes)


def texts(*values: str, **attributes: bytes) -> bytes:
    return with_attributes(TEXTS, number(len(values)) + b"".join(map(text, values)), attributes)


def integers(*values: int, **attributes: bytes) -> bytes:
    return with_attributes(INTEGERS, number(len(values)) + b"".join(map(number, values)), attributes)


def reals(*values: float, **attributes: bytes) -> bytes:
    return with_attributes(REALS, number(len(values)) + struct.pack(f">{len(values)}d", *values), attributes)


def named_list(items: dict[str, bytes], **attributes: bytes) -> bytes:
    return with_attributes(LIST, number(len(items)) + b"".join(items.values()), {"names": texts(*items)} | attributes)


def s4(name: str, package: str, **attributes: bytes) -> bytes:
    return number(S4 | OBJECT | ATTRIBUTES | S4_BIT) + pairs(
        attributes | {"class": texts(name, package=texts(package))}
    )


def call(function: str, *arguments: bytes, **named: bytes) -> bytes:
    plain = b"".join(number(PAIRS) + argument for argument in arguments)
    return number(CALL) + symbol(function) + plain + pairs(named)


def run_text(code: str) -> bytes:
    """The call that runs R code."""
    return call("eval", call("parse", text=texts(f"local({{ {code} }})")))


def promise(code: str) -> bytes:
    return number(PROMISE | TAG) + BASE + UNBOUND + run_text(code)


def active_environment(name: str, code: str) -> bytes:
    """An environment where looking at a name runs code."""
    function = number(CLOSURE | TAG) + BASE + NULL + run_text(code)
    return number(ENVIRONMENT) + number(0) + BASE + pairs({name: function}, ACTIVE) + NULL + NULL


def matrix(**attributes: bytes) -> bytes:
    """A matrix of 3 genes and 2 cells, as Matrix keeps it."""
    slots = {
        "i": integers(0, 2, 1),
        "p": integers(0, 2, 3),
        "Dim": integers(3, 2),
        "Dimnames": number(LIST) + number(2) + texts("g1", "g2", "g3") + texts("c1", "c2"),
        "x": reals(1, 2, 3),
        "factors": number(LIST) + number(0),
    }
    return s4("dgCMatrix", "Matrix", **(slots | attributes))


def seurat(assay: dict[str, bytes] | None = None, columns: dict[str, bytes] | None = None, **slots: bytes) -> bytes:
    """A Seurat object of two cells, with what is given in the place of its parts."""
    rna = s4("Assay", "SeuratObject", **({"counts": matrix()} | (assay or {})))
    frame = {"class": texts("data.frame"), "row.names": texts("c1", "c2")}
    meta = named_list({"samples": texts("a", "b")} | (columns or {}), **frame)
    parts = {"assays": named_list({"RNA": rna}), "meta.data": meta, "active.assay": texts("RNA")}
    return s4("Seurat", "SeuratObject", **(parts | slots))
