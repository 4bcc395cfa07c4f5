"""Whole data as files for other programs."""

from typing import Any, Literal

from pydantic import Field

from tandem.tasks.body import Context, TaskBody
from tandem.tasks.layouts import LayoutETag, stored_layout


class GetNormalizedExpression(TaskBody, route="GetNormalizedExpression"):
    """Log-normalised expression, genes by cells, as a compressed table (csv.gz)."""

    subset_by: dict[str, list[str] | None] | None = Field(
        {}, description='only cells in one of the sets of each category: {"louvain": ["louvain-0"], "sample": [...]}'
    )

    def r_request(self, context: Context) -> dict[str, Any]:
        chosen = [keys for keys in (self.subset_by or {}).values() if keys]
        if not chosen:
            return {"subsetBy": None, "applySubset": False}
        ids = context.cell_sets().ids
        categories = [frozenset().union(*map(ids, keys)) for keys in chosen]
        return {"subsetBy": sorted(frozenset.intersection(*categories)), "applySubset": True}


class DownloadAnnotSeuratObject(TaskBody, route="DownloadAnnotSeuratObject"):
    """The Seurat object with the cell sets and a layout put into it (rds)."""

    embedding_method: Literal["umap", "tsne"] = Field("umap", description="the kind of layout")
    is_obj2s: bool = Field(False, alias="isObj2s", description="the experiment came with layouts of its own")
    embedding_etag: LayoutETag | None = Field(
        None, alias="embeddingETag", description="the ETag of the layout; else it is computed"
    )

    def r_request(self, context: Context) -> dict[str, Any]:
        return {
            "embedding": None if self.is_obj2s else stored_layout(context, self.embedding_etag),
            "cellSets": context.cell_sets().class_objects(),
            "embeddingMethod": self.embedding_method,
            "isObj2s": self.is_obj2s,
        }
