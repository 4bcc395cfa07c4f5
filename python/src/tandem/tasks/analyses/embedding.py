"""Layouts of the cells in two dimensions."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tandem.tasks.body import Context, TaskBody


class GetEmbedding(TaskBody, route="getEmbedding"):
    """A layout of the cells: umap and tsne are computed, pca and images are stored with the experiment."""

    type: Literal["umap", "tsne", "pca", "images"]
    use_saved: bool = Field(False, description="take the reduction of that name as stored")
    config: dict[str, Any] = Field(
        {}, description="umap: minimumDistance, distanceMetric; tsne: perplexity, learningRate"
    )

    @model_validator(mode="after")
    def _check_config(self) -> Self:
        if self.use_saved:
            return self
        limits = {"minimumDistance": 0.0, "perplexity": 0.0, "learningRate": 0.0}
        for name, least in limits.items():
            value = self.config.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < least):
                raise ValueError(f"config.{name} must be a number of at least {least:g}")
        metric = self.config.get("distanceMetric")
        if metric is not None and metric not in ("euclidean", "cosine"):
            raise ValueError("config.distanceMetric must be euclidean or cosine")
        return self

    def r_request(self, context: Context) -> dict[str, Any]:  # noqa: ARG002
        return {"type": self.type, "config": self.config, "use_saved": self.use_saved}
