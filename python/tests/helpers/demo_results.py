"""What the demo's results look like, analysis by analysis."""

import gzip
import json
from pathlib import Path
from typing import Any

CELLS = 559
#: The demo has more genes than this.
GENES = 10_000


def expression(result: Any) -> None:
    assert sorted(result["orderedGeneNames"]) == ["CD14", "LYZ"]
    assert result["rawExpression"]["size"] == [CELLS, 2]


def genes(result: Any) -> None:
    assert len(result["gene_names"]) == len(result["dispersions"]) == 5
    assert result["total"] > GENES


def layout(result: Any) -> None:
    assert len(result) == CELLS
    assert all(len(point) == 2 for point in result)


def comparison(result: Any) -> None:
    assert result["total"] > GENES
    assert {len(column) for column in result["data"].values()} == {20}
    assert result["data"]["logFC"] == sorted(result["data"]["logFC"], reverse=True)


def comparisons(result: Any) -> None:
    assert len(result) == 2
    assert all(len(table["data"]["p_val"]) == table["total"] > GENES for table in result)


def background_genes(result: Any) -> None:
    assert "CD14" in result["genes"]


def markers(result: Any) -> None:
    names = result["orderedGeneNames"]
    assert len(names) == len(set(names)) > 3


def dots(result: Any) -> None:
    assert result["geneNames"] == ["CD14", "LYZ"]
    assert len(result["avgExpression"]) == len(result["cellsPercentage"]) == 2 * len(result["cellSetsNames"])


def nodes(result: Any) -> None:
    assert len(result["connectedNodes"]) == len(result["x"]) == len(result["y"]) > 1


def pseudotime(result: Any) -> None:
    assert len(result["pseudotime"]) == CELLS


def a_number_a_cell(result: Any) -> None:
    assert len(result) == CELLS
    assert all(isinstance(value, int | float) for value in result)


CHECKS = {
    "BatchDifferentialExpression": comparisons,
    "DifferentialExpression": comparison,
    "DotPlot": dots,
    "GeneExpression": expression,
    "GetBackgroundExpressedGenes": background_genes,
    "GetEmbedding": layout,
    "GetTrajectoryAnalysisPseudoTime": pseudotime,
    "GetTrajectoryAnalysisStartingNodes": nodes,
    "ListGenes": genes,
    "MarkerHeatmap": markers,
}


def check_result(task: str, path: Path) -> None:
    """The file holds what the task answers."""
    if task == "GetNormalizedExpression":
        header, *rows = gzip.decompress(path.read_bytes()).decode().splitlines()
        assert header.startswith(", ,")
        assert len(rows) > GENES
        assert rows[0].count(",") == header.count(",")
    elif task == "DownloadAnnotSeuratObject":
        assert path.stat().st_size > 1_000_000
    else:
        CHECKS.get(task, a_number_a_cell)(json.loads(path.read_text()))
