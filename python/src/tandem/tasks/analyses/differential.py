"""Genes that differ between sets of cells."""

from typing import Any, Literal

from pydantic import Field

from tandem.errors import InvalidRequest, TaskFailed
from tandem.tasks.body import Context, TaskBody
from tandem.tasks.comparison import ALL, REST, Basis, sides

BASE = "the set of cells that is looked at"
OTHERS = "the set it is compared with; 'rest': the others of its class, 'background': all other cells"
BASIS = "only cells of this set take part; 'all': every cell"
KIND = "within: cells against cells, between: samples against samples"


class DifferentialExpression(TaskBody, route="DifferentialExpression", paged=True, cell_sets=True):
    """Genes that one set of cells expresses otherwise than another."""

    cell_set: str = Field(description=BASE)
    compare_with: str = Field(REST, description=OTHERS)
    basis: Basis = Field(ALL, description=BASIS)
    comparison_type: Literal["within", "between"] = Field("within", description=KIND)
    genes_only: bool = Field(False, description="names of the genes alone")

    def r_request(self, context: Context) -> dict[str, Any]:
        base, background = sides(context.cell_sets(), self.cell_set, self.compare_with, self.basis)
        page = context.request.request_props.pagination
        return {
            "baseCells": base,
            "backgroundCells": background,
            "genesOnly": self.genes_only,
            "comparisonType": self.comparison_type,
            **({"pagination": page.model_dump(by_alias=True)} if page is not None else {}),
        }


class BatchDifferentialExpression(TaskBody, route="BatchDifferentialExpression", cell_sets=True):
    """Many comparisons at once: several sets in one basis, or one set in several bases."""

    cell_set: list[str] = Field(min_length=1, max_length=1000, description="the sets; of several bases, one set")
    compare_with: str = Field(REST, description=OTHERS)
    basis: list[Basis] = Field([ALL], max_length=1000, description=BASIS)
    comparison_type: Literal["within", "between"] = Field("within", description=KIND)

    def r_request(self, context: Context) -> dict[str, Any]:
        cell_sets = context.cell_sets()
        lists: dict[tuple[int, ...], int] = {}
        comparisons: list[dict[str, Any]] = []
        for cell_set, basis in self._pairs():
            try:
                cells = sides(cell_sets, cell_set, self.compare_with, basis)
            except (InvalidRequest, TaskFailed) as error:
                comparisons.append({"problem": str(error)})
            else:
                base, background = (lists.setdefault(tuple(side), len(lists)) for side in cells)
                comparisons.append({"base": base, "background": background})
        return {"cellSets": list(lists), "comparisons": comparisons, "comparisonType": self.comparison_type}

    def _pairs(self) -> list[tuple[str, str]]:
        bases = self.basis or [ALL]
        if len(bases) == 1:
            return [(cell_set, bases[0]) for cell_set in self.cell_set]
        return [(self.cell_set[0], basis) for basis in bases]


class GetBackgroundExpressedGenes(TaskBody, route="getBackgroundExpressedGenes", cell_sets=True):
    """Genes that the compared cells express at all: what enriched pathways are measured against."""

    cell_set: str = Field(description=BASE)
    compare_with: str = Field(REST, description=OTHERS)
    basis: Basis = Field(ALL, description=BASIS)

    def r_request(self, context: Context) -> dict[str, Any]:
        base, background = sides(context.cell_sets(), self.cell_set, self.compare_with, self.basis)
        return {"baseCells": base, "backgroundCells": background}
