"""Asks a language model what cell types clusters are. What it answers is text from outside: checked, cleaned, and
asked for once more when it does not fit."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from tandem.errors import ModelFailed, TaskFailed
from tandem.models.base import LanguageModel, Turn
from tandem.text import one_line

log = logging.getLogger(__name__)

#: How many marker genes of a cluster the model is told.
MARKERS = 50
#: At most so many clusters are annotated, and so many in one question.
MAX_CLUSTERS, CLUSTERS_PER_QUESTION = 100, 10
#: The longest name of a cell type or gene, in characters.
NAME_CHARS, GENE_CHARS = 100, 50
#: How much of an answer that does not fit the model is shown again, in characters.
SHOWN_CHARS = 20_000
#: The groupings that are made, from fine to broad.
LEVELS = (1, 2, 3)

INSTRUCTIONS = """You are an expert in cell biology who names the clusters of a single-cell experiment.
You answer with one JSON object and nothing else: no explanation, no code fence."""

ANNOTATE = """{sample}

Each line below is a cluster with its number and its marker genes, the strongest first.
Decide from all markers of a cluster together which cell type it is, as finely as they allow: name a subtype or state
where markers show it, and a more general type where they do not. Where they fit no cell type, the name is "Unknown".

{clusters}

Answer in this form, with every cluster exactly once; confidence goes from 0 (a guess) to 1 (certain):
{{"clusters": [{{"cluster": 1, "cell_type": "...", "confidence": 0.9}}]}}"""

GROUP = """{sample}

Its clusters were named as follows, each with the confidence from 0 to 1:

{clusters}

Put them together at two broader levels. "group" is the cell type without its states and finest subtypes, so that
close relatives share it; "broad" is the major lineage or compartment. Use the same words for what belongs together.
Where a confidence is low, be guided by the clusters that are alike.

Answer in this form, with every cluster exactly once:
{{"clusters": [{{"cluster": 1, "group": "...", "broad": "..."}}]}}"""

AGAIN = (
    """That answer cannot be used: {problem}. Answer the question again, with one JSON object in the form asked for."""
)


@dataclass(frozen=True)
class Sample:
    """What is known of the cells."""

    species: str
    tissue: str
    additional_info: str | None = None

    def __str__(self) -> str:
        known = f"Species: {one_line(self.species, 200)}\nTissue: {one_line(self.tissue, 200)}"
        more = one_line(self.additional_info or "", 2000)
        return f"{known}\nAlso known: {more}" if more else known


class MarkedCluster(BaseModel):
    """A cluster with its marker genes."""

    key: str
    genes: list[str]


Label = Annotated[
    str,
    BeforeValidator(lambda text: one_line(text, NAME_CHARS + 1) if isinstance(text, str) else text),
    Field(min_length=1, max_length=NAME_CHARS),
]


class _About(BaseModel):
    cluster: int


class _Annotation(_About):
    cell_type: Label
    confidence: Annotated[float, Field(ge=0, le=1)]


class _Grouping(_About):
    group: Label
    broad: Label


T = TypeVar("T", bound=_About)


def annotate(
    clusters: Sequence[MarkedCluster], sample: Sample, model: LanguageModel, progress: Callable[[str, int, int], None]
) -> tuple[dict[str, str], ...]:
    """A name for each cluster at each level, by the cluster's key."""
    _check_number(len(clusters))
    numbered = list(enumerate(clusters, 1))
    portions = [numbered[i : i + CLUSTERS_PER_QUESTION] for i in range(0, len(numbered), CLUSTERS_PER_QUESTION)]
    steps = len(portions) + 1
    named: dict[int, _Annotation] = {}
    for step, portion in enumerate(portions, 1):
        progress("Annotating clusters", step, steps)
        lines = (f"{number}: {_listed(cluster.genes)}" for number, cluster in portion)
        question = ANNOTATE.format(sample=sample, clusters="\n".join(lines))
        named |= _ask(model, question, _Annotation, [number for number, _ in portion])
    progress("Annotating clusters", steps, steps)
    lines = (f"{number}: {about.cell_type} ({about.confidence:g})" for number, about in named.items())
    question = GROUP.format(sample=sample, clusters="\n".join(lines))
    grouped = _ask(model, question, _Grouping, list(named))
    levels = (
        [named[number].cell_type for number, _ in numbered],
        [grouped[number].group for number, _ in numbered],
        [grouped[number].broad for number, _ in numbered],
    )
    keys = [cluster.key for cluster in clusters]
    return tuple(dict(zip(keys, _spelt_alike(level), strict=True)) for level in levels)


def _check_number(clusters: int) -> None:
    if 0 < clusters <= MAX_CLUSTERS:
        return
    reason = (
        f"There are {clusters} clusters, and at most {MAX_CLUSTERS} can be annotated. Cluster at a lower resolution."
        if clusters
        else "None of the clusters holds cells of this dataset, so there is nothing to annotate."
    )
    raise TaskFailed(error_code="R_WORKER_CASSIA_ERROR", user_message=reason)


def _listed(genes: Sequence[str]) -> str:
    return ", ".join(one_line(gene, GENE_CHARS) for gene in genes[:MARKERS]) or "(no markers)"


def _spelt_alike(labels: Sequence[str]) -> Iterator[str]:
    """Names that differ in case alone are one name, in its first spelling."""
    first: dict[str, str] = {}
    return (first.setdefault(label.casefold(), label) for label in labels)


def _ask(model: LanguageModel, question: str, kind: type[T], numbers: Sequence[int]) -> dict[int, T]:
    """The answer by number of cluster. One that does not fit is asked for once more, with what was wrong."""
    turns = [Turn("user", question)]
    answer = model.answer(INSTRUCTIONS, turns)
    try:
        return _read(answer, kind, numbers)
    except _Unfit as unfit:
        log.info("the model's answer does not fit: %s", unfit)
        shown = answer[:SHOWN_CHARS] if answer.strip() else "(nothing)"
        turns += [Turn("assistant", shown), Turn("user", AGAIN.format(problem=unfit))]
    try:
        return _read(model.answer(INSTRUCTIONS, turns), kind, numbers)
    except _Unfit as unfit:
        raise ModelFailed(
            model=model.name, reason=f"asked twice, it answered in a form that does not fit ({unfit})"
        ) from None


class _Unfit(Exception):
    """Why an answer cannot be used."""


def _read(answer: str, kind: type[T], numbers: Sequence[int]) -> dict[int, T]:
    # Some models think aloud first, and some put a fence around what they were asked for.
    said = answer.rpartition("</think>")[2]
    try:
        told = json.loads(said[said.find("{") : said.rfind("}") + 1])["clusters"]
        found: list[T] = TypeAdapter(list[kind]).validate_python(told)  # type: ignore[valid-type]  # known when it runs
    except ValidationError as error:
        findings = (f"{'.'.join(map(str, ('clusters', *e['loc'])))}: {e['msg']}" for e in error.errors()[:3])
        raise _Unfit("; ".join(findings)) from None
    except (ValueError, LookupError, TypeError, RecursionError):
        raise _Unfit('it is not a JSON object with a list "clusters"') from None
    by_number = {about.cluster: about for about in found}
    if len(by_number) != len(found):
        raise _Unfit("it names a cluster more than once")
    if missing := sorted(set(numbers) - set(by_number)):
        raise _Unfit(f"it lacks {_some(missing)}")
    if unknown := sorted(set(by_number) - set(numbers)):
        raise _Unfit(f"there is no {_some(unknown)}")
    return by_number


def _some(numbers: Sequence[int]) -> str:
    return "cluster " + ", ".join(map(str, numbers[:5])) + (" and more" if len(numbers) > 5 else "")
