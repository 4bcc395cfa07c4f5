"""`python -m fuzz.one <target> <folder> <seconds>`: guided by what code is reached, in a process that may die of it."""

import logging
import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import atheris

#: One input may take so long, in seconds, and so much memory, in MB; the inputs are up to so long, in bytes.
MOST_SECONDS, MOST_MB, LONGEST = 20, 3000, 20_000
#: Code of others that is looked into as well: it is what reads the bytes.
READERS = ["tandem", "fuzz.targets", "tarfile", "zipfile", "tomllib", "python_multipart", "jsonschema"]


def main(name: str, folder: Path, seconds: int) -> None:
    """What stops the search is written into the folder as `crash-…`, `timeout-…` or `oom-…`."""
    with atheris.instrument_imports(include=READERS):
        target = import_module(f"fuzz.targets.{name}").TARGET
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (corpus / sha256(seed).hexdigest()).write_bytes(seed)
    logging.disable()
    limits = [
        f"-max_total_time={seconds}",
        f"-timeout={MOST_SECONDS}",
        f"-rss_limit_mb={MOST_MB}",
        f"-max_len={LONGEST}",
    ]
    atheris.Setup(["fuzz", *limits, f"-artifact_prefix={folder}/", "-print_final_stats=1", str(corpus)], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
