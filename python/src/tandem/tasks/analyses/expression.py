"""Expression of genes over cells."""

from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tandem.experiments.cell_sets import CellSets
from tandem.tasks.body import Context, TaskBody

#: At most so many cells are drawn from each bucket.
CELLS_PER_BUCKET = 1000


class DownsampleSettings(BaseModel):
    """Which cells stand for all: given ones, or a sample of a set that is even over groups."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    cell_ids: list[int] | None = None
    selected_cell_set: str | None = None
    grouped_tracks: list[str] = []


class GeneExpression(TaskBody, route="runExpression"):
    """Log-normalised expression of genes, with statistics over all cells."""

    genes: list[str] = Field(min_length=1, max_length=10_000)
    downsample_settings: DownsampleSettings | None = None

    def looks_at_cell_sets(self) -> bool:
        return self.downsample_settings is not None and self.downsample_settings.cell_ids is None

    def r_request(self, context: Context) -> dict[str, Any]:
        chosen = self.downsample_settings
        if chosen is None:
            cell_ids = None
        elif chosen.cell_ids is not None:
            cell_ids = chosen.cell_ids
        else:
            cell_ids = sample_evenly(chosen, context.cell_sets(), Random(context.request.etag))  # noqa: S311  # no secret
        return {"genes": self.genes, "cellIds": cell_ids}


def sample_evenly(chosen: DownsampleSettings, cell_sets: CellSets, random: Random) -> list[int]:
    """Cells of the selected set, split by every combination of the grouped tracks, a bounded sample from each."""
    if not chosen.grouped_tracks or chosen.selected_cell_set is None:
        return []
    buckets = [cell_sets.ids(chosen.selected_cell_set) & cell_sets.ids("louvain")]
    for track in chosen.grouped_tracks:
        buckets = [part for bucket in buckets for part in _split(bucket, cell_sets.children_ids(track))]
    return [
        cell
        for bucket in buckets
        for cell in (
            sorted(bucket) if len(bucket) <= CELLS_PER_BUCKET else random.sample(sorted(bucket), CELLS_PER_BUCKET)
        )
    ]


def _split(bucket: frozenset[int], groups: list[frozenset[int]]) -> list[frozenset[int]]:
    """The bucket by groups; the cells in none of them are a part of their own."""
    parts = []
    for group in groups:
        parts.append(bucket & group)
        bucket -= group
    return [part for part in [*parts, bucket] if part]
