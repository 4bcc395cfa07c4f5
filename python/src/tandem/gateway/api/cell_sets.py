"""The cell sets of an experiment."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from tandem.experiments.source import CELL_SETS_FILE
from tandem.gateway.parts import World

router = APIRouter(prefix="/v2/experiments/{experiment}/cellSets", tags=["cell sets"])


@router.get("")
def cell_sets(experiment: str, parts: World) -> FileResponse:
    """All classes of cell sets."""
    return FileResponse(parts.shelf.folder(experiment) / CELL_SETS_FILE, media_type="application/json")
