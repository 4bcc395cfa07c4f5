"""Genes that mark the sets of a class, and how they are expressed over them."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from tandem.experiments.cell_sets import CellSets
from tandem.tasks.body import Context, TaskBody

#: The most genes that a plot is asked to show, of one kind or another.
MOST_GENES = 10_000


class MarkerHeatmap(TaskBody, route="runMarkerHeatmap", cell_sets=True):
    """The best marker genes of each set of a class, in the order of the sets."""

    n_genes: int = Field(5, ge=1, le=MOST_GENES, description="how many genes for each set")
    selected_cell_set: str = Field("louvain", description="the class of cell sets")

    def r_request(self, context: Context) -> dict[str, Any]:
        return {"nGenes": self.n_genes, "cellSets": context.cell_sets().class_object(self.selected_cell_set)}


class DotPlotFilter(BaseModel):
    """A set, or without a key its whole class, that the cells of a plot are taken from; "All" means every cell."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    group: str = "All"
    key: str | None = None

    @property
    def applies(self) -> bool:
        """Whether it leaves anything out."""
        return self.group.lower() != "all"

    def cells(self, cell_sets: CellSets) -> dict[str, Any] | None:
        """The set as R is told of it."""
        if not self.applies:
            return None
        key = (self.key or self.group).removeprefix(f"{self.group}/")
        ids = cell_sets.ids(key if key == self.group else f"{self.group}/{key}")
        return {"key": key, "cellIds": sorted(ids)}


class DotPlot(TaskBody, route="runDotPlot", cell_sets=True):
    """How strongly, and by how many of its cells, each set of a class expresses genes."""

    use_marker_genes: bool = Field(False, description="show the best markers of each set instead of given genes")
    number_of_markers: int = Field(3, ge=1, le=MOST_GENES, description="how many markers for each set")
    custom_genes_list: list[str] = Field([], max_length=MOST_GENES, description="the genes to show")
    group_by: str = Field("louvain", description="the class of cell sets")
    filter_by: DotPlotFilter | None = Field(
        DotPlotFilter(), description='only cells of a set: {"group": "sample", "key": "..."}'
    )

    @model_validator(mode="after")
    def _has_genes(self) -> Self:
        if not self.use_marker_genes and not self.custom_genes_list:
            raise ValueError("name genes in customGenesList, or ask for useMarkerGenes")
        return self

    def r_request(self, context: Context) -> dict[str, Any]:
        cell_sets, chosen = context.cell_sets(), self.filter_by or DotPlotFilter()
        return {
            "useMarkerGenes": self.use_marker_genes,
            "numberOfMarkers": self.number_of_markers,
            "customGenesList": self.custom_genes_list,
            "groupBy": cell_sets.class_object(self.group_by),
            "filterBy": chosen.cells(cell_sets),
            "applyFilter": chosen.applies,
        }
