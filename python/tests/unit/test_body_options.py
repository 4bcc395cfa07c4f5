"""The options of an analysis are the fields of its model."""

import pytest

from tandem.cli.body_options import body_from, described
from tandem.errors import UsageError
from tandem.tasks.catalogue import CATALOGUE


def test_lists_are_given_with_commas():
    assert body_from("GeneExpression", None, ["--genes", "CD14, LYZ"]) == {
        "name": "GeneExpression",
        "genes": ["CD14", "LYZ"],
    }


def test_numbers_texts_and_choices_keep_their_kind():
    words = ["--limit=5", "--gene-names-filter", "^10", "--order-by", "gene_names"]
    assert body_from("ListGenes", None, words) == {
        "name": "ListGenes",
        "limit": 5,
        "geneNamesFilter": "^10",
        "orderBy": "gene_names",
    }


def test_a_flag_needs_no_value():
    body = body_from("GetEmbedding", None, ["--use-saved", "--type", "umap"])
    assert body == {"name": "GetEmbedding", "useSaved": True, "type": "umap"}


def test_objects_are_given_as_json():
    body = body_from("GetEmbedding", None, ["--type", "umap", "--config", '{"minimumDistance": 0.1}'])
    assert body["config"] == {"minimumDistance": 0.1}


def test_options_override_what_a_file_says():
    body = body_from(None, {"name": "ListGenes", "limit": 1, "offset": 2}, ["--limit", "9"])
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
        body_from(task, None, words)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_field_is_described(name):
    assert len(list(described(CATALOGUE[name]))) == len(CATALOGUE[name].model_fields)
