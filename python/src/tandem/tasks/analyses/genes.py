"""The list of genes."""

from typing import Any, Literal

from pydantic import Field

from tandem.tasks.body import Context, TaskBody


class ListGenes(TaskBody, route="listGenes"):
    """Genes with their dispersion: searched, ordered and paged."""

    select_fields: list[str] = ["gene_names", "dispersions"]
    order_by: Literal["gene_names", "dispersions"] = "dispersions"
    order_direction: Literal["ASC", "DESC", "asc", "desc"] = "DESC"
    offset: int = Field(0, ge=0)
    limit: int = Field(50, ge=0, le=1_000_000)
    gene_names_filter: str | None = Field(
        None, max_length=100, description="part of a name; ^ in front: its beginning, $ behind: its end"
    )

    def r_request(self, context: Context) -> dict[str, Any]:  # noqa: ARG002
        return self.model_dump(by_alias=True, exclude_none=True, exclude={"select_fields"})
