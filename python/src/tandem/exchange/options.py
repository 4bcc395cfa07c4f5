"""What an import is asked to do: each step with a plain default."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ImportOptions(BaseModel):
    """The steps between counts and an experiment. R is told all of it, under the same names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    #: From the names of the genes where it is not said.
    species: Literal["human", "mouse"] | None = None
    #: Whether barcodes that look like empty droplets go: `auto` where the input has far more barcodes than cells.
    empty_droplets: Literal["auto", "remove", "keep"] = "auto"
    #: Cells outside of these bounds go. None: no bound. Of data whose author has chosen the cells, all stay, unless a
    #: bound is named.
    min_genes: int | None = Field(200, ge=0)
    max_genes: int | None = Field(None, ge=1)
    min_counts: int | None = Field(None, ge=0)
    max_counts: int | None = Field(None, ge=1)
    #: Per cent of a cell's counts in mitochondrial genes.
    max_mito: float | None = Field(20.0, ge=0, le=100)
    doublets: bool = True
    #: Cells with a higher doublet score go.
    max_doublet_score: float | None = Field(None, ge=0, le=1)
    normalisation: Literal["log", "sct"] = "log"
    variable_genes: int = Field(2000, ge=2)
    components: int = Field(30, ge=2, le=100)
    integration: Literal["none", "harmony", "rpca"] = "none"
    clustering: Literal["leiden", "louvain", "none"] = "leiden"
    resolution: float = Field(0.8, gt=0, le=10)
    layout: Literal["umap", "none"] = "umap"
