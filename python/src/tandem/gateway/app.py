"""The application: the API, the page, and the sockets behind one address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse

from tandem.gateway.api import cell_sets, events, experiments, health, results, tasks, work_requests
from tandem.gateway.page_files import PageFiles
from tandem.gateway.parts import Parts
from tandem.gateway.problems import tell_problems

PAGE = Path(str(files("tandem.gateway") / "page"))
ROUTERS = (work_requests, cell_sets, experiments, tasks, results, events, health)


def create_app(parts: Parts) -> FastAPI:
    """One gateway."""
    app = FastAPI(title="Tandem", lifespan=_lifespan)
    app.state.parts = parts
    tell_problems(app)
    for module in ROUTERS:
        app.include_router(module.router)
    app.add_route("/page/{path:path}", PageFiles(PAGE).serve, include_in_schema=False)
    app.add_api_route("/", _page, include_in_schema=False)
    app.add_api_route("/page-parts/plotly.min.js", _plotly, include_in_schema=False)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    watching = asyncio.create_task(app.state.parts.live.run())
    yield
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


def _page() -> FileResponse:
    return FileResponse(PAGE / "index.html")


def _plotly() -> FileResponse:
    script = Path(str(files("plotly") / "package_data" / "plotly.min.js"))
    return FileResponse(script, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"})
