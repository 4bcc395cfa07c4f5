"""`python -m tandem.gateway`: serve the page on this machine."""

import os

import uvicorn

from tandem.gateway.app import app

#: Loopback: nobody beyond this machine was invited.
HOST = "127.0.0.1"

if __name__ == "__main__":
    uvicorn.run(app, host=HOST, port=int(os.environ.get("TANDEM_GATEWAY_PORT", "8080")), log_level="warning")
