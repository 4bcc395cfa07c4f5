"""How each part is: asked of the part itself, not of its process."""

import json
import socket
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Literal

from tandem.local import ports
from tandem.local.layout import Layout
from tandem.local.plan import Plan
from tandem.local.programs import Program
from tandem.local.supervision import ProcessState
from tandem.status import read_status

Condition = Literal["stopped", "starting", "ready", "degraded", "failed"]

#: Seconds that a part may take to say how it is.
PATIENCE_S = 2.0
#: What R's own words for its states mean to people.
R_STATES = {"loading": "loading the experiment", "waiting": "waiting for the experiment"}


@dataclass(frozen=True)
class Readiness:
    """How a part is, in a word and in a few."""

    condition: Condition
    detail: str = ""
    #: Of an R service that holds its dataset.
    cells: int | None = None
    genes: int | None = None


def look(layout: Layout, plan: Plan, program: Program, process: ProcessState | None) -> Readiness:
    """Ask one part."""
    if process is None or process.state in ("STOPPED", "STOPPING"):
        return Readiness("stopped")
    if process.given_up:
        return Readiness("failed", process.why or "it ends as soon as it is started")
    if process.ended:
        return Readiness("starting", "it ended and is started again")
    match program.kind:
        case "redis":
            return _redis(plan)
        case "gateway":
            return _gateway(plan)
        case "r":
            return _r_service(plan.r_ports[program.experiment or ""])
        case "worker":
            return _status(layout.worker_status(program.experiment or ""), process.pid)
        case "runner":
            return _status(layout.runner_status, process.pid)


def _redis(plan: Plan) -> Readiness:
    try:
        with socket.create_connection((ports.LOOPBACK, plan.redis_port), PATIENCE_S) as connection:
            connection.settimeout(PATIENCE_S)
            connection.sendall(b"PING\r\n")
            if connection.recv(16).startswith(b"+PONG"):
                return Readiness("ready")
    except OSError:
        pass
    return Readiness("starting")


def _ask(port: int, path: str, host: str = ports.LOOPBACK) -> dict[str, Any]:
    """The JSON object that a part answers; an empty one as long as it does not."""
    connection = HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        answer = json.loads(connection.getresponse().read())
    except (OSError, HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}


def _gateway(plan: Plan) -> Readiness:
    return Readiness("ready" if _ask(plan.gateway_port, "/readyz", plan.gateway_host).get("ready") else "starting")


def _r_service(port: int) -> Readiness:
    said = _ask(port, "/ready")
    if said.get("stale"):
        trouble = said.get("error")
        return Readiness("degraded", f"r.rds cannot be read: {trouble}" if trouble else "loading the changed r.rds")
    if said.get("ready"):
        cells, genes = said["cells"], said["genes"]
        return Readiness("ready", f"{cells:,} cells, {genes:,} genes", cells, genes)
    if said.get("state") == "failed":
        return Readiness("failed", str(said.get("error") or "the experiment cannot be loaded"))
    return Readiness("starting", R_STATES.get(str(said.get("state")), ""))


def _status(path: Path, pid: int) -> Readiness:
    said = read_status(path)
    # What an earlier process left behind says nothing of this one.
    if said is None or said.pid != pid:
        return Readiness("starting")
    if said.state not in ("ready", "degraded"):
        return Readiness("starting", said.detail)
    return Readiness(said.state, said.detail)
