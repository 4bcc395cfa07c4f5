"""What a language model is asked about clusters, and what is made of its answers."""

import json
import re

import pytest

from helpers.model_server import annotate as well_behaved
from tandem.errors import ModelFailed, TaskFailed
from tandem.tasks.annotator import CLUSTERS_PER_QUESTION, MARKERS, MAX_CLUSTERS, MarkedCluster, Sample, annotate

SAMPLE = Sample("human", "blood")


class Scripted:
    """A model that says what stands in its script, and then what a well-behaved one says."""

    name = "scripted"

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []

    def answer(self, _, turns):
        self.asked.append(turns)
        return self.script.pop(0) if self.script else well_behaved(turns[0].text)


def clusters(number, genes=("CD3E", "CD4")):
    return [MarkedCluster(key=f"louvain-{n}", genes=list(genes)) for n in range(number)]


def named(*types, confidence=0.9):
    found = [{"cluster": n, "cell_type": name, "confidence": confidence} for n, name in enumerate(types, 1)]
    return json.dumps({"clusters": found})


def ask(model, number=2, sample=SAMPLE, progress=lambda *_: None):
    return annotate(clusters(number), sample, model, progress)


def test_every_cluster_gets_a_name_at_three_levels_from_fine_to_broad():
    assert ask(Scripted()) == (
        {"louvain-0": "Type 1", "louvain-1": "Type 2"},
        {"louvain-0": "Group 1", "louvain-1": "Group 0"},
        {"louvain-0": "Cells", "louvain-1": "Cells"},
    )


def test_the_model_is_told_what_is_known():
    model = Scripted()
    ask(model, sample=Sample("Mus  musculus", "large\nintestine", "Mice were\tfasted."))

    question = model.asked[0][0].text
    assert "Species: Mus musculus\nTissue: large intestine\nAlso known: Mice were fasted.\n" in question
    assert "\n1: CD3E, CD4\n2: CD3E, CD4\n" in question
    assert "\n1: Type 1 (0.9)\n" in model.asked[1][0].text


def test_braces_in_what_the_user_says_are_text():
    assert ask(Scripted(), sample=Sample("{species}", "{0}", "{clusters} %s"))


def test_questions_are_bounded_and_progress_is_told():
    model, told = Scripted(), []
    many = clusters(MAX_CLUSTERS, genes=["G" * 500] * 500)

    annotate(many, Sample("s" * 200, "t" * 200, "i" * 2000), model, lambda *step: told.append(step))

    questions = MAX_CLUSTERS // CLUSTERS_PER_QUESTION
    assert len(model.asked) == questions + 1
    assert max(len(turns[0].text) for turns in model.asked) < CLUSTERS_PER_QUESTION * MARKERS * 52 + 4000
    assert told == [("Annotating clusters", step, questions + 1) for step in range(1, questions + 2)]


@pytest.mark.parametrize(("number", "said"), [(0, "nothing to annotate"), (MAX_CLUSTERS + 1, "lower resolution")])
def test_a_number_of_clusters_that_makes_no_sense_is_refused_unasked(number, said):
    model = Scripted()
    with pytest.raises(TaskFailed, match=said) as refused:
        ask(model, number)

    assert refused.value.code == "R_WORKER_CASSIA_ERROR"
    assert model.asked == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("", "not a JSON object"),
        ("I would say T cells.", "not a JSON object"),
        ("[]", "not a JSON object"),
        ('{"clusters": 5}', "clusters: "),
        ('{"clusters": {"1": "T cell"}}', "clusters: "),
        ("{" * 50_000 + "}" * 50_000, "not a JSON object"),
        (named("T cell"), "lacks cluster 2"),
        (named("T cell", "B cell", "NK cell"), "no cluster 3"),
        (json.dumps({"clusters": json.loads(named("A", "B"))["clusters"] * 2}), "more than once"),
        (named("T cell", ""), "cell_type"),
        (named("T cell", " \n\t\x00"), "cell_type"),
        (named("T cell", "x" * 101), "cell_type"),
        (named("T cell", None), "cell_type"),
        (named("T cell", ["B"]), "cell_type"),
        (named("T cell", "B cell", confidence=7), "confidence"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_answer_that_does_not_fit_is_asked_for_once_more_with_what_was_wrong(answer, problem):
    model = Scripted(answer)

    assert ask(model)[0] == {"louvain-0": "Type 1", "louvain-1": "Type 2"}

    first, again, _ = model.asked
    assert again[0] == first[0]
    assert again[1].speaker == "assistant"
    assert again[1].text.strip()
    assert re.search(problem, again[2].text)


def test_a_model_that_does_not_learn_is_given_up():
    model = Scripted("no", "still no")
    with pytest.raises(ModelFailed, match="asked twice") as failed:
        ask(model)

    assert failed.value.code == "R_WORKER_CASSIA_ERROR"
    assert len(model.asked) == 2


@pytest.mark.parametrize(
    "around", ["{}", "```json\n{}\n```", "Here it is: {}\nAnything else?", "<think>{{1}} or {{2}}?</think>\n{}"]
)
def test_what_models_put_around_their_answers_is_left_out(around):
    assert ask(Scripted(around.format(named("T cell", "B cell"))))[0] == {"louvain-0": "T cell", "louvain-1": "B cell"}


def test_names_are_cleaned():
    names = ask(Scripted(named("CD4\u0000+\n  T \u202ecell\ud800", "γδ T cell")))[0]

    assert names == {"louvain-0": "CD4 + T cell", "louvain-1": "γδ T cell"}


def test_names_that_differ_in_case_alone_are_one():
    assert ask(Scripted(named("T cell", "T Cell")))[0] == {"louvain-0": "T cell", "louvain-1": "T cell"}
