"""What a gateway knows of the worker beside it."""

import asyncio
from contextlib import suppress
from pathlib import Path

from tandem.gateway.neighbour import Neighbour
from tandem.gateway.standing import Standing


def test_a_status_that_cannot_be_read_is_told_and_looked_for_further(tmp_path: Path):
    told: list[Standing] = []

    async def follow() -> None:
        neighbour = Neighbour("demo", tmp_path, lambda _, standing: told.append(standing))
        following = asyncio.create_task(neighbour.run())
        while not told:
            await asyncio.sleep(0.01)
        assert not following.done()
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    asyncio.run(asyncio.wait_for(follow(), 10))

    assert (told[0].state, "cannot be read" in told[0].detail) == ("opening", True)
