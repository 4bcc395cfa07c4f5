"""Tables of cells, as data frames have them, into columns of a parcel."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tandem.exchange.parcel import Column, Reduction

#: A text with more values than this says nothing of groups of cells.
MOST_LEVELS = 1000
#: The ids that cell sets use: whole numbers, each once.
CELLS_ID = "cells_id"
#: Results have a place for each id up to the largest.
LARGEST_ID = 100_000_000
#: Clusterings, the first of which is shown as the experiment's own.
CLUSTERS = "seurat_clusters"
CLUSTERINGS = (CLUSTERS, "leiden", "louvain", "clusters", "cluster", "Clusters")


def columns_of(
    frame: pd.DataFrame, colours: Mapping[str, Sequence[str]] | None = None
) -> tuple[list[Column], list[str]]:
    """The columns that divide or measure the cells, and what is said of those left out."""
    columns, left_out = [], []
    for name, values in frame.items():
        column = column_of(str(name), values, tuple((colours or {}).get(str(name), ())))
        if column is None:
            left_out.append(str(name))
        else:
            columns.append(column)
    return columns, [f"columns left out, as they divide no cells: {', '.join(left_out)}"] if left_out else []


def column_of(name: str, values: pd.Series, colours: tuple[str, ...] = ()) -> Column | None:
    """A category, a flag or a number; none if it is neither."""
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        levels = [text_of(level) for level in values.cat.categories]
        return _category(name, values.cat.codes.to_numpy(), levels, colours)
    if pd.api.types.is_bool_dtype(kind):
        return Column(name, "flag", values.astype("boolean").astype("Int8").fillna(-1).to_numpy(np.int8))
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
        return Column(name, "number", values.astype("Float64").to_numpy(np.float64, na_value=np.nan))
    codes, found = pd.factorize(values)
    if len(found) > MOST_LEVELS:
        return None
    levels = [text_of(level) for level in found]
    order = sorted(range(len(levels)), key=lambda place: natural(levels[place]))
    place_of = np.empty(len(levels) + 1, np.int64)
    place_of[order], place_of[-1] = np.arange(len(levels)), -1
    return _category(name, place_of[codes], [levels[place] for place in order], colours)


def _category(name: str, codes: Any, levels: list[str], colours: tuple[str, ...]) -> Column | None:
    """Levels that no cell has go, and with them their colours."""
    used, places = np.unique(codes, return_inverse=True)
    first = int(len(used) > 0 and used[0] < 0)
    used = used[first:]
    # Texts may become equal that were different.
    texts = dict.fromkeys(levels[place] for place in used)
    if len(texts) > MOST_LEVELS:
        return None
    place_of = {text: place for place, text in enumerate(texts)}
    merged = np.array([*([-1] * first), *(place_of[levels[place]] for place in used)], np.int32)
    kept = tuple(colours[place] for place in used) if len(colours) >= len(levels) == len(set(levels)) else ()
    return Column(name, "category", merged[places] if len(merged) else np.zeros(0, np.int32), tuple(texts), kept)


def are_ids(column: Column) -> bool:
    """Whether the values can be the ids of cells."""
    values = column.values
    if column.kind != "number" or not ((values >= 0) & (values <= LARGEST_ID) & (np.floor(values) == values)).all():
        return False
    return len(np.unique(values)) == len(values)


def as_category(column: Column) -> Column:
    """A column of numbers or flags as groups of cells."""
    if column.kind == "category":
        return column
    missing = column.values < 0 if column.kind == "flag" else np.isnan(column.values)
    found, codes = np.unique(column.values, return_inverse=True)
    words = ("false", "true")
    levels = [words[int(value)] if column.kind == "flag" and value >= 0 else text_of(value) for value in found]
    category = _category(column.name, np.where(missing, -1, codes), levels, ())
    return category or replace(column, kind="category", values=np.full(len(missing), -1, np.int32))


def with_clusters(columns: list[Column]) -> list[Column]:
    """The first clustering that there is, under the name that the experiment shows as its own."""
    by_name = {column.name: column for column in columns}
    name = next((name for name in CLUSTERINGS if name in by_name), None)
    if name is None:
        return columns
    clusters = replace(as_category(by_name[name]), name=CLUSTERS)
    return [*(column for column in columns if column.name != CLUSTERS), clusters]


def is_analysed(columns: Sequence[Column], reductions: Sequence[Reduction]) -> bool:
    """Whether there are clusters, or a reduction that shows cells on a plane."""
    has_layout = any(re.search("umap|tsne|layout", one.name, re.IGNORECASE) for one in reductions)
    return has_layout or any(column.name == CLUSTERS for column in columns)


def text_of(value: Any) -> str:
    """A value as people write it: 3.0 is 3."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def natural(text: str) -> list[tuple[int, int, str]]:
    """The order in which 10 comes after 9."""
    parts = re.split(r"([0-9]+)", text)
    # Of two numbers the one with more digits is larger, however many those are.
    digits = [part.lstrip("0") if place % 2 else "" for place, part in enumerate(parts)]
    ordered = zip(parts, digits, strict=True)
    return [
        (0, len(number), number) if place % 2 else (1, 0, part) for place, (part, number) in enumerate(ordered) if part
    ]
