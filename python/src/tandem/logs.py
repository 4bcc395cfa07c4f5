"""The log: one line a fact, as text or JSON, with what it is about, and without secrets."""

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from tandem.settings import Settings

#: Libraries that tell of every connection they open.
CHATTY = ("aws_xray_sdk", "boto3", "botocore", "httpcore", "httpx", "s3transfer", "urllib3")

#: Each secret's form, and what is written in its place.
SECRETS = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"\btandem_[\w-]{20,}"), "[token]"),
    (re.compile(r"\b(bearer)\s+[\w.~+/=-]+", re.IGNORECASE), r"\1 [token]"),
    (re.compile(r"(://[^\s:/@]*):[^\s/@]+@"), r"\1:[password]@"),
)
QUERY = re.compile(r"\?[^\s\"'<>]+")
SIGNATURE = re.compile(r"x-amz-|signature|awsaccesskeyid", re.IGNORECASE)

#: How a line end inside a fact is written, so that one fact stays one line.
LINE_ENDS = {ord("\n"): "\\n", ord("\r"): "\\r"}

_facts: ContextVar[Mapping[str, str]] = ContextVar("facts", default={})  # noqa: B039 (a mapping never changed)


@contextmanager
def context(**facts: str | None) -> Iterator[None]:
    """Name what the lines written inside are about: `request_id`, `etag`, `experiment`."""
    known = {name: value for name, value in facts.items() if value is not None}
    token = _facts.set({**_facts.get(), **known})
    try:
        yield
    finally:
        _facts.reset(token)


def redact(text: str) -> str:
    """The text without bearer tokens, JWTs, passwords in URLs and the queries of signed URLs."""
    for form, instead in SECRETS:
        text = form.sub(instead, text)
    return QUERY.sub(lambda query: "?[signed]" if SIGNATURE.search(query[0]) else query[0], text)


class TextLines(logging.Formatter):
    """Lines for people; a traceback follows its line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, logger, message and context."""
        facts = "".join(f" {name}={value}" for name, value in _facts.get().items())
        line = f"{_time(record)} {record.levelname:<7} {record.name}: {record.getMessage()}{facts}"
        line = line.translate(LINE_ENDS)
        trace = _traceback(self, record)
        return redact(f"{line}\n{trace}" if trace else line)


class JsonLines(logging.Formatter):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the same facts as the text form, by name."""
        fields = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_facts.get(),
        }
        if trace := _traceback(self, record):
            fields["exception"] = trace
        return json.dumps({name: redact(value) for name, value in fields.items()}, ensure_ascii=False)


def configure(settings: Settings) -> None:
    """Send the log of this process to standard error in the form that LOG_FORMAT names."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    root = logging.getLogger()
    for earlier in [h for h in root.handlers if isinstance(h.formatter, (TextLines, JsonLines))]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    if record.stack_info:
        parts.append(record.stack_info)
    return "\n".join(parts)
