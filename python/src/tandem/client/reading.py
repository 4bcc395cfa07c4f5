"""What is in a result, as Python holds it."""

import io
import json
from pathlib import PurePosixPath
from typing import Any

from tandem.errors import UsageError

TABLES = {".csv": ",", ".tsv": "\t"}


def read_result(path: str, content: bytes) -> Any:
    """JSON as its value, csv and tsv as a DataFrame of pandas, anything else as its bytes."""
    kind = PurePosixPath(path).suffix.lower()
    try:
        if kind == ".json":
            return json.loads(content)
        if kind in TABLES:
            import pandas  # takes long to load

            return pandas.read_csv(io.BytesIO(content), sep=TABLES[kind])
    except ValueError as error:
        raise UsageError(
            reason=f"{path} cannot be read as {kind[1:]} ({error}); job.read(…, raw=True) gives its bytes"
        ) from error
    return content
