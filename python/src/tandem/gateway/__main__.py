"""`python -m tandem.gateway`: serve the API and the page."""

import logging
import sys
from contextlib import suppress
from socket import socket

import uvicorn

from tandem import logs
from tandem.errors import UsageError
from tandem.gateway.app import create_app
from tandem.gateway.gathering import gather
from tandem.gateway.live import Live
from tandem.gateway.security.heads import patient_for
from tandem.settings import read_settings

#: What a client may say at once over a websocket, and in the head of a request, in bytes.
WEBSOCKET_BYTES = 100_000
HEAD_BYTES = 65_536
#: Seconds that a connection is kept between two requests: longer than clients and load balancers keep theirs, or they
#: would send on a line that is just being closed.
KEEP_ALIVE_S = 75
#: Seconds that requests under way may take at the end.
GRACE_S = 1
#: What uvicorn says of every websocket that was refused with a proper answer, as if it had got none.
FALSE_ALARM = "ASGI callable returned without completing handshake"


def main() -> None:
    """Put the parts together and serve."""
    try:
        settings = read_settings()
        logs.configure(settings)
        parts = gather(settings)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    logging.getLogger("uvicorn.error").addFilter(lambda record: FALSE_ALARM not in record.getMessage())
    config = uvicorn.Config(
        create_app(parts),
        host=settings.gateway_host,
        port=settings.gateway_port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=WEBSOCKET_BYTES,
        http=patient_for(settings.body_pause_s),
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = _Server(config, parts.live)
    with suppress(KeyboardInterrupt):  # a person ended it
        server.run()
    if not server.started:
        sys.exit(1)


class _Server(uvicorn.Server):
    """Ends the streams, which would go on for ever, before it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End."""
        self._live.end()
        await super().shutdown(sockets)


if __name__ == "__main__":
    main()
