"""Where work waits."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from tandem.errors import InvalidSetting
from tandem.queues.base import Depth, Lease, Queue
from tandem.settings import Settings

__all__ = ["Depth", "Lease", "Queue", "open_queue"]


def open_queue(settings: Settings, name: str | None = None) -> Queue:
    """The queue that the settings choose; `name` asks for another one in the same place."""
    url = settings.queue_url or f"sqs://{settings.queue_name}"
    parts = urlsplit(url)
    match parts.scheme:
        case "sqlite":
            from tandem.queues.sqlite import SqliteQueue

            return SqliteQueue(
                Path(unquote(parts.path)), name or parts.fragment or settings.queue_name, settings.visibility_s
            )
        case "http" | "https" | "sqs":
            from tandem.queues.sqs import SqsQueue

            return SqsQueue(settings, url, name)
        case _:
            raise InvalidSetting(
                name="TANDEM_QUEUE_URL",
                value=url,
                reason="it must begin with sqlite:///, sqs://, http:// or https://",
            )
