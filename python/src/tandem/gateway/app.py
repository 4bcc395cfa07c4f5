"""The application: the API, the page, and the sockets behind one address."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse

from tandem.gateway.api import (
    cell_sets,
    data,
    data_sets,
    events,
    experiments,
    groups,
    health,
    job_files,
    jobs,
    metrics,
    programs,
    results,
    schedules,
    session,
    tasks,
    work_requests,
)
from tandem.gateway.document import describe
from tandem.gateway.metrics.collector import Figures
from tandem.gateway.page_files import PageFiles
from tandem.gateway.parts import Parts
from tandem.gateway.problems import tell_problems
from tandem.gateway.security.layers import layers

log = logging.getLogger(__name__)

PAGE = Path(str(files("tandem.gateway") / "page"))
ROUTERS = (
    *(work_requests, cell_sets, experiments, tasks, results, data, events, session, health, metrics),
    *(jobs, job_files, groups, programs, data_sets, schedules),
)


def create_app(parts: Parts) -> FastAPI:
    """One gateway."""
    # What FastAPI shows at /docs is loaded from elsewhere; ours is in page/docs.
    app = FastAPI(title="Tandem", lifespan=_lifespan, docs_url=None, redoc_url=None, middleware=layers(parts))
    app.state.parts = parts
    parts.meters.registry.register(Figures(parts))
    describe(app)
    tell_problems(app)
    for module in ROUTERS:
        app.include_router(module.router)
    app.mount("/socket.io", parts.sockets, name="sockets")
    app.add_route("/page/{path:path}", PageFiles(PAGE).serve, include_in_schema=False)
    app.add_api_route("/", _page, include_in_schema=False)
    app.add_api_route("/docs", _docs, include_in_schema=False)
    app.add_api_route("/page-parts/plotly.min.js", _plotly, include_in_schema=False)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    found = (parts.live, parts.sockets, parts.imports, parts.caretaker, parts.assigner, parts.neighbour)
    running = [part for part in found if part is not None]
    loops = [asyncio.create_task(part.run()) for part in running]
    for loop in loops:
        loop.add_done_callback(_tell_of_end)
    yield
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


def _tell_of_end(loop: asyncio.Task[None]) -> None:
    if not loop.cancelled() and (error := loop.exception()) is not None:
        log.error("a part of the gateway has ended, and does nothing more before the next start", exc_info=error)


def _page() -> FileResponse:
    return FileResponse(PAGE / "index.html")


def _docs() -> FileResponse:
    return FileResponse(PAGE / "docs" / "index.html")


def _plotly() -> FileResponse:
    script = Path(str(files("plotly") / "package_data" / "plotly.min.js"))
    return FileResponse(script, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"})
