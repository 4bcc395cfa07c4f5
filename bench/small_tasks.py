"""Small tasks of all sorts, no two alike."""

from random import Random
from typing import Any

from bench.experiments import Experiment

#: How many genes are asked for.
GENES_KNOWN = 400


class SmallTasks:
    """Bodies of tasks that take R some milliseconds. The same seed gives the same ones."""

    def __init__(self, experiment: Experiment, seed: int = 0) -> None:
        self._chance = Random(seed)  # noqa: S311  # no secret
        every = experiment.genes(GENES_KNOWN + 1)[1:]
        self.genes = [f"GENE{int(gene.removeprefix('ENSG'))}" for gene in every]

    def any(self) -> dict[str, Any]:
        """One of some sort."""
        return self._chance.choice([self.page, self.expression, self.of_cells, self.dots, self.components])()

    def page(self) -> dict[str, Any]:
        """One line of the list of genes: the cheapest there is."""
        return {"name": "ListGenes", "offset": self._chance.randrange(10_000), "limit": 1}

    def expression(self) -> dict[str, Any]:
        """A few genes in all cells."""
        return {"name": "GeneExpression", "genes": self._some(3)}

    def three_genes(self) -> dict[str, Any]:
        """Genes of which there are so many choices that they are new."""
        return {"name": "GeneExpression", "genes": self._chance.sample(self.genes, 3)}

    def of_cells(self) -> dict[str, Any]:
        """A number for each cell."""
        return {"name": self._chance.choice(["GetNUmis", "GetNGenes", "GetMitochondrialContent", "GetDoubletScore"])}

    def dots(self) -> dict[str, Any]:
        """A dot plot."""
        return {"name": "DotPlot", "customGenesList": self._some(5), "groupBy": "louvain"}

    def components(self) -> dict[str, Any]:
        """A layout that is there already."""
        return {"name": "GetEmbedding", "type": "pca", "useSaved": True, "config": {}}

    def _some(self, most: int) -> list[str]:
        return self._chance.sample(self.genes, self._chance.randint(1, most))
