"""Whole data as files for other programs."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tandem.tasks.body import Context, Stored, TaskBody
from tandem.tasks.layouts import LayoutETag, layout_request, stored_layout


class GetNormalizedExpression(TaskBody, route="GetNormalizedExpression", file="NormalizedExpression.csv.gz"):
    """Log-normalised expression, genes by cells, as a compressed table (csv.gz)."""

    subset_by: dict[str, list[str] | None] | None = Field(
        {}, description='only cells in one of the sets of each category: {"louvain": ["louvain-0"], "sample": [...]}'
    )

    @property
    def _chosen(self) -> list[list[str]]:
        return [keys for keys in (self.subset_by or {}).values() if keys]

    def looks_at_cell_sets(self) -> bool:
        return bool(self._chosen)

    def r_request(self, context: Context) -> dict[str, Any]:
        if not self._chosen:
            return {"subsetBy": None, "applySubset": False}
        ids = context.cell_sets().ids
        categories = [frozenset().union(*map(ids, keys)) for keys in self._chosen]
        return {"subsetBy": sorted(frozenset.intersection(*categories)), "applySubset": True}


class DownloadAnnotSeuratObject(
    TaskBody, route="DownloadAnnotSeuratObject", cell_sets=True, file="{experiment}_processed_matrix.rds"
):
    """The Seurat object with the cell sets and a layout put into it (rds)."""

    embedding_method: Literal["umap", "tsne"] = Field("umap", description="the kind of layout")
    is_obj2s: bool = Field(False, alias="isObj2s", description="the experiment came with layouts of its own")
    embedding_etag: LayoutETag | None = Field(
        None, alias="embeddingETag", description="the ETag of the layout; else it is computed"
    )

    def with_layout(self, body: Mapping[str, Any], stored: Stored) -> Mapping[str, Any]:
        """The body does not say which layout people see; it is the stored one, or one without settings."""
        if self.is_obj2s or self.embedding_etag is not None:
            return body
        etag = stored(layout_request(self.embedding_method, use_saved=True)) or stored(
            layout_request(self.embedding_method, use_saved=False)
        )
        return body if etag is None else {**body, "embeddingETag": etag}

    def r_request(self, context: Context) -> dict[str, Any]:
        return {
            "embedding": None if self.is_obj2s else stored_layout(context, self.embedding_etag),
            "cellSets": context.cell_sets().class_objects(),
            "embeddingMethod": self.embedding_method,
            "isObj2s": self.is_obj2s,
        }
