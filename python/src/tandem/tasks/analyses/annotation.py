"""Clusters and cells get names: of cell types, by marker genes or by a language model, and of phases."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from tandem.errors import InvalidRequest, ModelMissing
from tandem.experiments.changes import CellClass, CellSet, Change, ReplaceClass, key_of
from tandem.tasks.annotator import LEVELS, MARKERS, MarkedCluster, Sample, annotate
from tandem.tasks.answers import read_answer
from tandem.tasks.body import Context, TaskBody

CLUSTERS = "louvain"
#: The colour of a set whose clusters have none.
NO_COLOUR = "#b0b0b0"

#: The tissues that there are marker tables for.
TISSUES = (
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
)
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ScTypeAnnotate(TaskBody, route="ScTypeAnnotate", cacheable=False, cell_sets=True):
    """Name the clusters after the cell types whose marker genes they express."""

    species: Literal["human", "mouse"]
    tissue: Words = Field(description=f"one of {', '.join(TISSUES)}, or one of your own table")
    markers: Annotated[str, Field(pattern=r"^[^\x00]{1,1000}$")] | None = Field(
        None, description="a marker table of your own, in the experiment's folder"
    )

    @model_validator(mode="after")
    def _check_tissue(self) -> Self:
        if self.markers is None and self.tissue not in TISSUES:
            raise ValueError(f"tissue must be one of {', '.join(TISSUES)}")
        return self

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


class CASSIAAnnotate(TaskBody, route="getAnnotationMarkers", cacheable=False, cell_sets=True):
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
        return [
            ReplaceClass(_named_class(f"CASSIA-{level}", grouping, context), at="end")
            for level, grouping in zip(LEVELS, groupings, strict=True)
        ]


class CellCycleScoring(TaskBody, route="CellCycleScoring", cacheable=False):
    """Sort the cells by the phase of the cell cycle that they are in."""

    def changes(self, answer: bytes, context: Context) -> Sequence[Change]:  # noqa: ARG002
        return [ReplaceClass(read_answer(CellClass, answer), at="start")]


class _Marked(BaseModel):
    clusters: list[MarkedCluster]


def clusters_of(context: Context) -> dict[str, Any]:
    """The class of clusters, which there must be some of, as R is told of it."""
    cell_sets = context.cell_sets()
    if any(group["key"] == CLUSTERS and group.get("children") for group in cell_sets.classes):
        return cell_sets.class_object(CLUSTERS)
    raise InvalidRequest(reason="the experiment has no clusters yet; ask for ClusterCells first")


def _named_class(name: str, grouping: Mapping[str, str], context: Context) -> CellClass:
    """A class whose sets are clusters of one name put together, in the order of the clusters and the first's colour."""
    cell_sets, key = context.cell_sets(), key_of(context.request.experiment_id, name)
    colours = {
        child["key"]: child.get("color")
        for group in cell_sets.classes
        if group["key"] == CLUSTERS
        for child in group.get("children") or ()
    }
    members: dict[str, list[str]] = {}
    for cluster, label in grouping.items():
        members.setdefault(label, []).append(cluster)
    children = [
        CellSet(
            key=key_of(key, label),
            name=label,
            type="cellSets",
            color=colours.get(clusters[0]) or NO_COLOUR,
            cell_ids=sorted(frozenset().union(*(cell_sets.ids(f"{CLUSTERS}/{cluster}") for cluster in clusters))),
        )
        for label, clusters in members.items()
    ]
    return CellClass(key=key, name=name, children=children)
