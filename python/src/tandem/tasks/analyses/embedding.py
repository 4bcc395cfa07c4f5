"""Layouts of the cells in two dimensions."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tandem.tasks.body import Context, TaskBody


class LayoutConfig(BaseModel):
    """Parameters of a computed layout: the first two are umap's, the others tsne's."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True, strict=True)

    minimum_distance: float | None = Field(None, ge=0)
    distance_metric: Literal["euclidean", "cosine"] | None = None
    perplexity: float | None = Field(None, gt=0)
    learning_rate: float | None = Field(None, ge=0)


class GetEmbedding(TaskBody, route="getEmbedding"):
    """A layout of the cells: umap and tsne are computed, pca and images are stored with the experiment."""

    type: Literal["umap", "tsne", "pca", "images"]
    use_saved: bool = Field(False, description="take the reduction of that name as stored")
    config: LayoutConfig = LayoutConfig()

    def r_request(self, context: Context) -> dict[str, Any]:  # noqa: ARG002
        config = self.config.model_dump(by_alias=True, exclude_none=True)
        return {"type": self.type, "config": config, "use_saved": self.use_saved}
