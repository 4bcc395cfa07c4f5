"""The tools that deploy, where scripts/setup-deploy has put them."""

import os
from pathlib import Path

#: The checkout that is tested.
ROOT = Path(__file__).parents[3]


class ToolMissing(Exception):
    """A tool that tests of deployment need is not there."""


def tool(name: str) -> str:
    """The path of a tool. ToolMissing where it is not there: these tests are asked for by name, and never skip it."""
    folder = Path(os.environ.get("TANDEM_DEPLOY_TOOLS") or ROOT / ".tandem" / "deploy" / "bin")
    path = folder / name
    if not path.exists():
        raise ToolMissing(
            f"{path} is missing. Run these tests with 'make verify-deploy', which sets up what they need."
        )
    return str(path)
