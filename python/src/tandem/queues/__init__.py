"""Where work waits."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from tandem.errors import InvalidSetting
from tandem.queues.base import Depth, Lease, Message, Queue
from tandem.settings import Settings

__all__ = ["Depth", "Lease", "Message", "Queue", "open_queue"]


def open_queue(settings: Settings, name: str | None = None, *, make: bool = False) -> Queue:
    """The queue that the settings choose; `name` asks for another one in the same place, and `make` lets it be made
    where it is missing."""
    url = settings.queue_url or f"sqs://{settings.queue_name}"
    parts = urlsplit(url)
    match parts.scheme, bool(parts.netloc), parts.path.startswith("/"):
        case "sqlite", False, True:
            from tandem.queues.sqlite import SqliteQueue

            # Three slashes or four: both spellings of an absolute path are in use.
            path = Path("/" + unquote(parts.path).lstrip("/"))
            return SqliteQueue(path, name or parts.fragment or settings.queue_name, settings.visibility_s)
        case ("http" | "https", True, True) | ("sqs", True, False):
            from tandem.queues.sqs import SqsQueue

            return SqsQueue(settings, url, name, make=make)
        case _:
            raise InvalidSetting(
                name="TANDEM_QUEUE_URL",
                value=url,
                reason="it must be sqlite:///absolute/file, sqs://name, or the queue's http:// or https:// address",
            )
