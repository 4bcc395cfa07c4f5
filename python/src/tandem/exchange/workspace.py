"""What readers need besides the path that they open."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """A folder for what is unpacked and spilled, which its owner removes; and where the R package is."""

    folder: Path
    r_library: Path

    def new_folder(self, purpose: str) -> Path:
        """A folder of its own for something."""
        number = 0
        while (folder := self.folder / f"{purpose}-{number}").exists():
            number += 1
        folder.mkdir(parents=True)
        return folder
