"""What goes on at a platform all day: analyses of all sorts, also such that fail or are cancelled, jobs, listeners."""

import httpx
import socketio

from bench.visitors import LOOKING, Action, Visitor
from tandem.states import State


async def any_task(visitor: Visitor) -> None:
    await visitor.read(visitor.tasks.any(), fresh=True)


async def comparison(visitor: Visitor) -> None:
    """Two clusters against each other, all genes."""
    sides = {"cellSet": "louvain/louvain-0", "compareWith": "louvain-1", "basis": "all", "genesOnly": True}
    await visitor.read({"name": "DifferentialExpression", **sides}, fresh=True)


async def change_of_cell_sets(visitor: Visitor) -> None:
    """Always the same one, so that there are not more and more sets."""
    gene = {"geneName": visitor.tasks.genes[0], "comparisonType": "greaterThan", "thresholdValue": 0.5}
    answer = await visitor.ask({"name": "GetExpressionCellSets", "genesConfig": [gene]})
    await visitor.ends_as(answer, State.COMPLETE)


async def failure(visitor: Visitor) -> None:
    """A gene that there is not."""
    answer = await visitor.ask({"name": "GeneExpression", "genes": ["no such gene"]}, fresh=True)
    await visitor.ends_as(answer, State.FAILED)


async def cancelled(visitor: Visitor) -> None:
    """A task that is not wanted any more at once; it may have ended by then."""
    answer = await visitor.ask(
        {"name": "GetEmbedding", "type": "tsne", "config": {"perplexity": 30, "learningRate": 200}}, fresh=True
    )
    (await visitor.http.delete(answer.headers["location"])).raise_for_status()
    await visitor.ends_as(answer, State.KILLED)


async def job(visitor: Visitor) -> None:
    answer = await visitor.http.post("/jobs", json={"program": "empty", "force": True})
    await visitor.ends_as(answer.raise_for_status(), State.COMPLETE)


async def listener(visitor: Visitor) -> None:
    """One that comes, hears the first line and goes."""
    async with visitor.http.stream("GET", "/events") as stream:
        await anext(stream.aiter_lines())


async def socket(visitor: Visitor) -> None:
    """A socket.io client that joins and goes."""
    client = socketio.AsyncClient(reconnection=False)
    try:
        await client.connect(str(visitor.http.base_url), transports=["websocket"])
        await client.call("joinExperiment", visitor.experiment)
    except socketio.exceptions.SocketIOError as error:
        raise RuntimeError(f"a socket: {error!r}") from error
    finally:
        await client.shutdown()


async def cell_sets(visitor: Visitor) -> httpx.Response:
    return await visitor.get(f"/v2/experiments/{visitor.experiment}/cellSets")


ACTIONS: dict[str, Action] = {
    **LOOKING,
    "any task": any_task,
    "a comparison": comparison,
    "a change of cell sets": change_of_cell_sets,
    "cell sets": cell_sets,
    "a task that fails": failure,
    "a task that is cancelled": cancelled,
    "a job": job,
    "a listener": listener,
    "a socket": socket,
}
