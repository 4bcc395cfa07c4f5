"""What the kernel of this machine allows to keep a process apart by, asked for in the plainest words."""

import os
import subprocess

import pytest

from tandem.exchange.sandbox import BUBBLEWRAP, NAMESPACES, Confinement

#: With each of these the command `true` runs where the kernel allows the way at all.
PLAINEST = {
    BUBBLEWRAP: ["bwrap", "--unshare-net", "--ro-bind", "/", "/"],
    NAMESPACES: [
        "unshare",
        *([] if os.geteuid() == 0 else ["--user", "--map-current-user"]),
        "--net",
        "--pid",
        "--fork",
    ],
}


def need(way: Confinement) -> None:
    """Skip the test where the kernel does not allow this way."""
    if way in PLAINEST and subprocess.run([*PLAINEST[way], "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"the kernel allows no {way.by} here")
