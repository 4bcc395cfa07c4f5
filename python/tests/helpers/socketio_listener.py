"""python-socketio's own client, in a process of its own, that prints what reaches it as listen.mjs does."""

import json
import sys
import threading
from typing import Any

import socketio

_printing = threading.Lock()


def tell(event: str, *args: Any) -> None:
    """One line of JSON."""
    with _printing:
        sys.stdout.write(json.dumps({"event": event, "args": args}) + "\n")
        sys.stdout.flush()


def main(url: str, options: str, experiment: str) -> None:
    """Listen until standard input ends."""
    client = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.3)
    client.on("*", tell)
    client.on("connect", lambda: tell("connect"))
    client.on("disconnect", lambda reason: tell("disconnect", reason))
    try:
        client.connect(url, **json.loads(options))
        if experiment:
            tell("joined", client.call("joinExperiment", experiment))
    except socketio.exceptions.ConnectionError as error:
        tell("connect_error", str(error))
    sys.stdin.read()
    client.shutdown()


main(*sys.argv[1:])
