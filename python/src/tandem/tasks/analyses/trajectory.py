"""Paths that cells take through a layout, and how far along them each cell is."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tandem.tasks.analyses.embedding import LayoutConfig
from tandem.tasks.body import Context, Stored, TaskBody
from tandem.tasks.layouts import LayoutETag, layout_request, stored_layout


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class TrajectoryLayout(_Part):
    """The layout that paths are looked for in."""

    method: Literal["umap", "tsne"] = "umap"
    method_settings: LayoutConfig = LayoutConfig()
    use_saved: bool = False
    etag: Annotated[LayoutETag | None, Field(alias="ETag")] = None


class Clustering(_Part):
    """The experiment's clustering."""

    method: Literal["louvain", "leiden"] = "louvain"
    resolution: float = Field(0.5, ge=0, allow_inf_nan=False)


class GetTrajectoryAnalysisStartingNodes(TaskBody, route="runTrajectoryAnalysisStartingNodesTask", cell_sets=True):
    """The nodes of paths through the cells, from which a beginning is chosen."""

    embedding: TrajectoryLayout = Field(
        TrajectoryLayout(), description="the layout: method, methodSettings, useSaved, ETag"
    )
    clustering: Clustering = Field(Clustering(), description="method and resolution")
    cell_sets: list[str] = Field(["louvain"], min_length=1, description="the sets, or classes, whose cells take part")

    def with_layout(self, body: Mapping[str, Any], stored: Stored) -> Mapping[str, Any]:
        """The layout that the body describes. Its settings are named as they were sent, for its ETag hangs on them.
        Where it is not there R computes it: a layout of other settings would make another result of the same ETag."""
        asked = body.get("embedding") or {}
        if self.embedding.etag is not None:
            return body
        config = asked.get("methodSettings") or {}
        etag = stored(layout_request(self.embedding.method, use_saved=self.embedding.use_saved, config=config))
        return body if etag is None else {**body, "embedding": {**asked, "ETag": etag}}

    def r_request(self, context: Context) -> dict[str, Any]:
        cell_sets = context.cell_sets()
        return {
            "embedding": stored_layout(context, self.embedding.etag),
            "embedding_settings": {
                "method": self.embedding.method,
                "methodSettings": self.embedding.method_settings.model_dump(by_alias=True, exclude_none=True),
            },
            "clustering_settings": self.clustering.model_dump(),
            "cell_ids": sorted(frozenset().union(*map(cell_sets.ids, self.cell_sets))),
        }


class GetTrajectoryAnalysisPseudoTime(
    GetTrajectoryAnalysisStartingNodes, route="runTrajectoryAnalysisPseudoTimeTask", cell_sets=True
):
    """How far each cell is along the paths that begin at the chosen nodes."""

    root_nodes: list[Annotated[int, Field(ge=0)]] = Field(description="numbers of the nodes that paths begin at")

    def r_request(self, context: Context) -> dict[str, Any]:
        return super().r_request(context) | {"root_nodes": self.root_nodes}
