"""What existing clients send for every analysis, with all that they put into it, and what they make of the answers."""

from collections.abc import Callable
from typing import Any, NamedTuple

#: The small experiment's ids go up to this one less; each fifth was filtered.
PLACES = 99
COLUMNS = ["p_val", "logFC", "pct_1", "pct_2", "p_val_adj", "auc", "gene_names", "Gene"]
GROUP = {"cellSet": "louvain-0", "compareWith": "rest", "basis": "all", "comparisonType": "within"}
PAGE = {"orderBy": "logFC", "orderDirection": "DESC", "offset": 0, "limit": 1, "responseKey": 0}
MARKED = {"columnName": "gene_names", "type": "text", "expression": "^GENE1$"}
SEARCH = {"selectFields": ["gene_names", "dispersions"], "orderBy": "dispersions", "orderDirection": "DESC"}
LAYOUT = {"method": "umap", "methodSettings": {"minimumDistance": 0.3, "distanceMetric": "cosine"}, "ETag": "de1e7ed0"}
PATHS = {"embedding": LAYOUT, "clustering": {"method": "louvain", "resolution": 0.8}, "cellSets": ["louvain"]}
DOTS = {"numberOfMarkers": 3, "groupBy": "louvain", "clusterNames": ["Cluster 0"]}
CHOSEN = {"louvain": ["louvain-0"], "sample": [], "metadata": [], "scratchpad": []}


class Asked(NamedTuple):
    """A body, the rest of the request, and what holds of the answer."""

    body: dict[str, Any]
    check: Callable[[Any], bool]
    props: dict[str, Any] = {}

    def __str__(self) -> str:
        return str(self.body["name"])


def by_cell(values: list[Any]) -> bool:
    return len(values) == PLACES and values[4] is None and values[0] is not None


def page_of(rows: int, total: int) -> Callable[[Any], bool]:
    return lambda answer: (
        answer["total"] == total
        and list(answer["data"]) == COLUMNS
        and all(isinstance(column, list) and len(column) == rows for column in answer["data"].values())
    )


def one_gene(answer: Any) -> bool:
    matrix = answer["rawExpression"]
    return (
        answer["orderedGeneNames"] == ["GENE1"]
        and all(isinstance(value, list) and len(value) == 1 for value in answer["stats"].values())
        and matrix["size"] == [PLACES, 1]
        and matrix["ptr"] == [0, len(matrix["values"])]
        and len(matrix["index"]) == len(matrix["values"])
        and answer["cellIds"] is None
    )


def parallel(answer: Any) -> bool:
    names = ("cellSetsIdx", "geneNameIdx", "avgExpression", "cellsPercentage")
    return len({len(answer[name]) for name in names}) == 1 and answer["cellSetsNames"] == [
        "louvain-0",
        "louvain-1",
        "louvain-2",
    ]


def tree(answer: Any) -> bool:
    nodes = answer["connectedNodes"]
    return len(nodes) == len(answer["x"]) == len(answer["y"]) and all(isinstance(node, list) for node in nodes)


READ = [
    Asked({"name": "GetEmbedding", "type": "umap", "useSaved": False, "config": LAYOUT["methodSettings"]}, by_cell),
    Asked({"name": "GetEmbedding", "type": "tsne", "config": {"perplexity": 20, "learningRate": 200}}, by_cell),
    Asked({"name": "GetEmbedding", "type": "pca", "useSaved": False, "config": {}}, by_cell),
    Asked(
        {"name": "ListGenes", **SEARCH, "offset": 0, "limit": 50, "geneNamesFilter": "^GENE230"},
        lambda answer: (answer["total"], answer["gene_names"], len(answer["dispersions"])) == (1, ["GENE230"], 1),
    ),
    Asked({"name": "GeneExpression", "genes": ["GENE1"]}, one_gene),
    Asked(
        {"name": "GeneExpression", "genes": ["gene1"], "downsampleSettings": {"cellIds": [5]}},
        lambda answer: answer["cellIds"] == [5] and answer["rawExpression"]["size"] == [1, 1],
    ),
    Asked({"name": "DifferentialExpression", "experimentId": "e52b", **GROUP, "maxNum": 500}, page_of(230, 230)),
    Asked({"name": "DifferentialExpression", **GROUP}, page_of(1, 230), {"pagination": PAGE}),
    Asked({"name": "DifferentialExpression", **GROUP}, page_of(1, 1), {"pagination": PAGE | {"filters": [MARKED]}}),
    Asked(
        {"name": "DifferentialExpression", **GROUP, "genesOnly": True},
        lambda answer: (
            {name: len(column) for name, column in answer["data"].items()} == {"gene_names": 1, "gene_id": 1}
        ),
        {"pagination": PAGE},
    ),
    Asked(
        {"name": "BatchDifferentialExpression", **GROUP, "cellSet": ["louvain-0", "no-such"], "basis": ["all"]},
        lambda answer: (
            page_of(230, 230)(answer[0])
            and answer[1:] == [{"total": 0, "data": "No data available for this comparison"}]
        ),
    ),
    Asked({"name": "GetBackgroundExpressedGenes", **GROUP}, lambda answer: "GENE1" in answer["genes"]),
    Asked(
        {"name": "MarkerHeatmap", "nGenes": 1, "selectedCellSet": "louvain"},
        lambda answer: len(answer["orderedGeneNames"]) == 3,
    ),
    Asked(
        {"name": "DotPlot", **DOTS, "useMarkerGenes": False, "customGenesList": ["GENE1"]}
        | {"filterBy": {"group": "All", "key": "All"}},
        parallel,
    ),
    Asked(
        {"name": "DotPlot", **DOTS, "useMarkerGenes": True, "customGenesList": []}
        | {"filterBy": {"group": "size", "key": "size-small"}},
        parallel,
    ),
    Asked({"name": "GetDoubletScore"}, by_cell),
    Asked({"name": "GetMitochondrialContent"}, by_cell),
    Asked({"name": "GetNGenes"}, by_cell),
    Asked({"name": "GetNUmis"}, by_cell),
    Asked({"name": "GetTrajectoryAnalysisStartingNodes", **PATHS}, tree),
    Asked(
        {"name": "GetTrajectoryAnalysisPseudoTime", **PATHS, "rootNodes": [0]},
        lambda answer: by_cell(answer["pseudotime"]),
    ),
]

FILES = {
    "application/gzip": {"name": "GetNormalizedExpression", "subsetBy": CHOSEN},
    "application/octet-stream": {
        "name": "DownloadAnnotSeuratObject",
        "embeddingMethod": "umap",
        "isObj2s": False,
        "embeddingETag": "de1e7ed0",
    },
}

CHANGES = [
    {"name": "ClusterCells", "cellSetName": "Louvain clusters", "cellSetKey": "louvain", "type": "louvain"}
    | {"config": {"resolution": 0.8}},
    {"name": "GetExpressionCellSets"}
    | {"genesConfig": [{"geneName": "GENE1", "comparisonType": "greaterThan", "thresholdValue": 1}]},
    {"name": "CellCycleScoring"},
]
