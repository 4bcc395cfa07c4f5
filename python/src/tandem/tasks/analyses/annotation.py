"""Clusters and cells get names: of cell types, by marker genes or by a language model, and of phases."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from tandem.errors import InvalidRequest, ModelMissing
from tandem.experiments.changes import CellClass, CellSet, Change, ReplaceClass, key_of
from tandem.tasks.annotator import LEVELS, MARKERS, MarkedCluster, Sample, annotate
from tandem.tasks.answers import read_answer
from tandem.tasks.body import Context, TaskBody

CLUSTERS = "louvain"

#: The tissues that there are marker tables for.
Tissue = Literal[
    "Immune system",
    "Pancreas",
    "Liver",
    "Eye",
    "Kidney",
    "Brain",
    "Lung",
    "Adrenal",
    "Heart",
    "Intestine",
    "Muscle",
    "Placenta",
    "Spleen",
    "Stomach",
    "Thymus",
]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ScTypeAnnotate(TaskBody, route="ScTypeAnnotate", cacheable=False):
    """Name the clusters after the cell types whose marker genes they express."""

    species: Literal["human", "mouse"]
    tissue: Tissue
    markers: Annotated[str, Field(pattern=r"^[^\x00]{1,1000}$")] | None = Field(
        None, description="a marker table of your own, in the experiment's folder"
    )

    def r_request(self, context: Context) -> dict[str, Any]:
        request = {
            "cellSets": {CLUSTERS: clusters_of(context)},
            "species": self.species,
            "tissue": self.tissue,
            "key": key_of(context.request.experiment_id, f"ScType-{self.tissue}-{self.species}"),
        }
        return request if self.markers is None else request | {"markers": self._table(context, self.markers)}

    def changes(self, answer: bytes, context: Context) -> Sequence[Change]:  # noqa: ARG002
        return [ReplaceClass(read_answer(CellClass, answer), at="end")]

    def _table(self, context: Context, markers: str) -> str:
        """Where the user's table lies. Requests come from anywhere: nothing outside of the folder is opened."""
        folder = context.folder.resolve()
        table = (folder / markers).resolve()
        if not table.is_relative_to(folder) or not table.is_file():
            raise InvalidRequest(reason=f"there is no marker table '{markers}' in the experiment's folder")
        return str(table)


class CASSIAAnnotate(TaskBody, route="getAnnotationMarkers", cacheable=False):
    """Let a language model name the clusters after their marker genes, finely and in two broader groupings."""

    species: Words
    tissue: Words
    additional_info: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] | None = Field(
        None, description="what else is known of the sample"
    )

    def r_request(self, context: Context) -> dict[str, Any]:
        if context.model is None:
            raise ModelMissing
        return {"cellSets": clusters_of(context), "nGenes": MARKERS}

    def changes(self, answer: bytes, context: Context) -> Sequence[Change]:
        if context.model is None:
            raise ModelMissing
        marked = read_answer(_Marked, answer).clusters
        sample = Sample(self.species, self.tissue, self.additional_info)
        groupings = annotate(marked, sample, context.model, context.progress)
        sets = {child["key"]: child for child in clusters_of(context)["children"]}
        experiment = context.request.experiment_id
        return [
            ReplaceClass(_named_class(experiment, f"CASSIA-{level}", grouping, sets), at="end")
            for level, grouping in zip(LEVELS, groupings, strict=True)
        ]


class CellCycleScoring(TaskBody, route="CellCycleScoring", cacheable=False):
    """Sort the cells by the phase of the cell cycle that they are in."""

    def changes(self, answer: bytes, context: Context) -> Sequence[Change]:  # noqa: ARG002
        return [ReplaceClass(read_answer(CellClass, answer), at="start")]


class _Marked(BaseModel):
    clusters: list[MarkedCluster]


def clusters_of(context: Context) -> dict[str, Any]:
    """The class of clusters, which there must be some of."""
    for group in context.cell_sets().classes:
        if group["key"] == CLUSTERS and group.get("children"):
            return group
    raise InvalidRequest(reason="the experiment has no clusters yet; ask for ClusterCells first")


def _named_class(
    experiment: str, name: str, grouping: Mapping[str, str], sets: Mapping[str, Mapping[str, Any]]
) -> CellClass:
    """A class whose sets are clusters of one name put together, in the order of the clusters."""
    members: dict[str, list[Mapping[str, Any]]] = {}
    for key, label in grouping.items():
        members.setdefault(label, []).append(sets[key])
    key = key_of(experiment, name)
    children = [
        CellSet(key=key_of(key, label), name=label, type="cellSets", color=parts[0]["color"], cell_ids=_union(parts))
        for label, parts in members.items()
    ]
    return CellClass(key=key, name=name, children=children)


def _union(sets: Iterable[Mapping[str, Any]]) -> list[int]:
    return sorted({cell for part in sets for cell in part["cellIds"]})
