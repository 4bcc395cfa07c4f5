"""What stands at the gateway's address until there is a page for scientists: where things are, and what to try."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from tandem.tasks.catalogue import CATALOGUE

app = FastAPI(title="Tandem", docs_url=None, redoc_url=None, openapi_url=None)

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tandem</title>
<style>body {{ font: 16px/1.5 system-ui; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }}
pre {{ background: #f4f4f4; padding: 1rem }}</style>
<h1>Tandem runs</h1>
<p>Analyses are asked for from the command line so far. In the checkout, try:</p>
<pre>./tandem submit GeneExpression --genes CD14,LYZ --wait -o out.json
./tandem status</pre>
<p>Analyses: {tasks}.</p></html>"""


@app.get("/healthz")
def health() -> dict[str, str]:
    """The process lives."""
    return {"status": "alive"}


@app.get("/readyz")
def ready() -> dict[str, bool]:
    """Requests can be answered."""
    return {"ready": True}


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    """What runs and what to try."""
    return PAGE.format(tasks=", ".join(CATALOGUE))
