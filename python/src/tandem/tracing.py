"""Traces for AWS X-Ray. Off unless TANDEM_XRAY is set; only then is the SDK loaded, which talks UDP to the daemon."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tandem.settings import Settings

log = logging.getLogger(__name__)

ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}", re.IGNORECASE)
PARENT = re.compile(r"[0-9a-f]{16}", re.IGNORECASE)
DECISIONS = {"0": 0, "1": 1}

_recorder: Any = None


def configure(settings: Settings) -> None:
    """Turn tracing on or off as the settings say. The daemon is found at AWS_XRAY_DAEMON_ADDRESS."""
    global _recorder
    if not settings.xray:
        _recorder = None
        return
    from aws_xray_sdk.core import xray_recorder
    from aws_xray_sdk.core.sampling.local.sampler import LocalSampler

    # The default sampler asks the daemon for its rules from a thread of its own, the local one asks nobody.
    xray_recorder.configure(sampler=LocalSampler(), context_missing="IGNORE_ERROR")
    _recorder = xray_recorder


def segment_name(settings: Settings) -> str:
    """What this worker is called in traces."""
    return f"worker-{settings.cluster_env}-{settings.sandbox_id}"


@contextmanager
def segment(
    name: str, trace_header: str | None = None, annotations: Mapping[str, str | int | float] | None = None
) -> Iterator[None]:
    """Trace one task in this thread, as part of the trace that the header names; an error inside is noted."""
    if _recorder is None:
        yield
        return
    with _recorder.in_segment(name, **_continued(trace_header)) as current:
        for key, value in (annotations or {}).items():
            current.put_annotation(key, value)
        yield


@contextmanager
def subsegment(name: str) -> Iterator[None]:
    """Trace one step of the task of this thread. Outside of a segment nothing is traced."""
    if _recorder is None:
        yield
        return
    with _recorder.in_subsegment(name):
        yield


def _continued(header: str | None) -> dict[str, str | int | None]:
    """What the header says of the trace so far; a header that makes no sense begins a new one."""
    if not header:
        return {}
    fields = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    parent = fields.get("Parent")
    if not ROOT.fullmatch(fields.get("Root", "")) or (parent and not PARENT.fullmatch(parent)):
        log.warning("The trace header %.200r is not valid; a new trace begins.", header)
        return {}
    return {"traceid": fields["Root"], "parent_id": parent, "sampling": DECISIONS.get(fields.get("Sampled", ""))}
