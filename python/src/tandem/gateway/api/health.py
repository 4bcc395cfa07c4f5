"""Whether the gateway lives and can answer."""

from fastapi import APIRouter

router = APIRouter(tags=["health"])


@router.get("/healthz")
def health() -> dict[str, str]:
    """The process lives."""
    return {"status": "alive"}


@router.get("/readyz")
def ready() -> dict[str, bool]:
    """Requests can be answered."""
    return {"ready": True}
