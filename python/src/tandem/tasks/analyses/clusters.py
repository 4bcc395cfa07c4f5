"""Sets of cells that are computed: clusters, and the cells that express genes as asked."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tandem.experiments.changes import CellClass, CellSet, Change, InsertSet, ReplaceClass, key_of
from tandem.tasks.answers import read_answer
from tandem.tasks.body import Context, TaskBody


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True, strict=True)


class ClusteringConfig(_Part):
    """How fine the clusters are."""

    resolution: float = Field(0.5, ge=0, le=10, description="higher means more clusters")


class _Clusters(BaseModel):
    """R's answer, as far as it is used."""

    cell_class: CellClass = Field(alias="class")


class ClusterCells(TaskBody, route="getClusters", cacheable=False):
    """Cluster the cells; the class of clusters takes the place of the one before."""

    type: Literal["louvain", "leiden"]
    config: ClusteringConfig = ClusteringConfig()

    def r_request(self, context: Context) -> dict[str, Any]:  # noqa: ARG002
        return {"type": self.type, "config": self.config.model_dump(by_alias=True)}

    def changes(self, answer: bytes, context: Context) -> Sequence[Change]:  # noqa: ARG002
        return [ReplaceClass(read_answer(_Clusters, answer).cell_class, at="start")]


class GeneThreshold(_Part):
    """What the expression of a gene must be in a cell."""

    gene_name: Annotated[str, Field(min_length=1, max_length=200)]
    comparison_type: Literal["greaterThan", "lessThan"]
    threshold_value: Annotated[float, Field(allow_inf_nan=False)]


class GetExpressionCellSets(TaskBody, route="getExpressionCellSet", cacheable=False):
    """Make a set of the cells that express all these genes above, or below, a value."""

    genes_config: list[GeneThreshold] = Field(min_length=1, max_length=100)

    def r_request(self, context: Context) -> dict[str, Any]:
        return self.model_dump(by_alias=True) | {"key": key_of("expression", context.request.etag)}

    def changes(self, answer: bytes, context: Context) -> Sequence[Change]:  # noqa: ARG002
        return [InsertSet(read_answer(CellSet, answer))]
