"""`python -m tandem.gateway`: serve the API and the page."""

import sys

import uvicorn

from tandem import logs
from tandem.errors import UsageError
from tandem.gateway.app import create_app
from tandem.gateway.gathering import gather
from tandem.settings import Settings

#: What a client may say at once over a websocket, and in the head of a request, in bytes.
WEBSOCKET_BYTES = 100_000
HEAD_BYTES = 65_536
#: Seconds that requests under way may take at the end.
GRACE_S = 1


def main() -> None:
    """Put the parts together and serve."""
    settings = Settings()
    logs.configure(settings)
    try:
        parts = gather(settings)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    uvicorn.run(
        create_app(parts),
        host=settings.gateway_host,
        port=settings.gateway_port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=WEBSOCKET_BYTES,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_graceful_shutdown=GRACE_S,
    )


if __name__ == "__main__":
    main()
