"""The options of an analysis are the fields of its model."""

import json

import pytest

from tandem.cli.body_options import asked, described
from tandem.errors import UsageError
from tandem.tasks.catalogue import CATALOGUE
from tandem.tasks.request import Pagination


def test_lists_are_given_with_commas():
    assert asked("GeneExpression", None, ["--genes", "CD14, LYZ"]).body == {
        "name": "GeneExpression",
        "genes": ["CD14", "LYZ"],
    }


def test_numbers_texts_and_choices_keep_their_kind():
    words = ["--limit=5", "--gene-names-filter", "^10", "--order-by", "gene_names"]
    assert asked("ListGenes", None, words).body == {
        "name": "ListGenes",
        "limit": 5,
        "geneNamesFilter": "^10",
        "orderBy": "gene_names",
    }


def test_a_flag_needs_no_value():
    body = asked("GetEmbedding", None, ["--use-saved", "--type", "umap"]).body
    assert body == {"name": "GetEmbedding", "useSaved": True, "type": "umap"}


def test_objects_are_given_as_json():
    body = asked("GetEmbedding", None, ["--type", "umap", "--config", '{"minimumDistance": 0.1}']).body
    assert body["config"] == {"minimumDistance": 0.1}


def test_a_clustering_takes_its_resolution_in_its_config():
    body = asked("ClusterCells", None, ["--type", "leiden", "--config", '{"resolution": 0.8}']).body
    assert body == {"name": "ClusterCells", "type": "leiden", "config": {"resolution": 0.8}}


def test_options_override_what_a_file_says():
    body = asked(None, {"name": "ListGenes", "limit": 1, "offset": 2}, ["--limit", "9"]).body
    assert body == {"name": "ListGenes", "limit": 9, "offset": 2}


@pytest.mark.parametrize(
    ("task", "words", "said"),
    [
        ("GeneExpression", ["--gene", "A"], "no option --gene; it has --genes"),
        ("GetNUmis", ["--genes", "A"], "it has none"),
        ("GeneExpression", ["--genes"], "--genes needs a value"),
        ("Nonsense", [], "no analysis 'Nonsense'"),
        (None, [], "say which analysis"),
    ],
)
def test_mistakes_are_explained(task, words, said):
    with pytest.raises(UsageError, match=said):
        asked(task, None, words)


def test_the_rows_of_a_table_are_asked_for_beside_its_body():
    filters = [{"columnName": "auc", "type": "numeric", "comparison": "greaterThan", "value": 0.7}]
    words = ["--cell-set", "louvain-0", "--limit", "20", "--order-by=p_val", "--filters", json.dumps(filters)]
    wanted = asked("DifferentialExpression", None, words)

    assert wanted.body == {"name": "DifferentialExpression", "cellSet": "louvain-0"}
    assert wanted.pagination == {"orderBy": "p_val", "limit": 20, "filters": filters}


def test_without_such_options_the_whole_table_is_asked_for():
    assert asked("DifferentialExpression", None, ["--cell-set", "louvain-0"]).pagination is None
    assert asked("ListGenes", None, ["--limit", "5"]).pagination is None


def test_lists_of_numbers_and_objects_of_lists_keep_their_kind():
    assert asked("GetTrajectoryAnalysisPseudoTime", None, ["--root-nodes", "3, 1"]).body["rootNodes"] == [3, 1]
    assert asked("GeneExpression", None, ["--genes", "3,1"]).body["genes"] == ["3", "1"]
    subset = {"louvain": ["louvain-0", "louvain-1"]}
    assert asked("GetNormalizedExpression", None, ["--subset-by", json.dumps(subset)]).body["subsetBy"] == subset
    assert asked("DownloadAnnotSeuratObject", None, ["--embedding-etag", "12"]).body["embeddingETag"] == "12"


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_field_is_described(name):
    kind = CATALOGUE[name]
    pages = Pagination.model_fields if kind.paged else {}
    assert len(list(described(kind))) == len(kind.model_fields) + len(pages)
