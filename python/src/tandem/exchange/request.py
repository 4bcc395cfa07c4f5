"""What an import is asked for."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tandem.exchange.options import ImportOptions


class ImportRequest(BaseModel):
    """What is to be imported, and how."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    paths: tuple[Path, ...] = Field(min_length=1)
    samples: Path | None = None
    options: ImportOptions = ImportOptions()
    force: bool = False


@dataclass(frozen=True)
class Places:
    """Where an import reads and writes."""

    data: Path
    r_library: Path
    logs: Path
