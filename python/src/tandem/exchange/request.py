"""What an import or export is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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


#: What an experiment can be written as.
Form = Literal["h5ad", "rds", "10x", "cellxgene"]


@dataclass(frozen=True)
class ExportRequest:
    """What is to be exported, and where to."""

    id: str
    form: Form
    target: Path
    force: bool = False


@dataclass(frozen=True)
class Places:
    """Where experiments, R and the logs are."""

    data: Path
    r_library: Path
    logs: Path
