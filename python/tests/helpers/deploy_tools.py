"""The tools of deployment: helm, kubectl, docker-compose and their like."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]


def tool(name: str) -> str:
    """The path of one of them."""
    folder = Path(os.environ.get("TANDEM_DEPLOY_TOOLS", CHECKOUT / ".tandem" / "deploy" / "bin"))
    if not (folder / name).exists():
        raise FileNotFoundError(f"{name} is not in {folder}. Run 'make verify-deploy', which brings it.")
    return str(folder / name)
