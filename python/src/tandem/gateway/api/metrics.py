"""Figures for Prometheus."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tandem.gateway.parts import World

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response)
def metrics(parts: World) -> Response:
    """How the platform is, in Prometheus' text form."""
    return Response(generate_latest(parts.meters.registry), media_type=CONTENT_TYPE_LATEST)
