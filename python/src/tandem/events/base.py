"""What an events port promises."""

from collections.abc import Mapping
from typing import Any, Protocol

#: What an event carries: an object, or a text (a small result in base64).
Payload = Mapping[str, Any] | str


class Events(Protocol):
    """Announcements to whoever listens now; nothing is kept for those who do not."""

    def emit(self, event: str, payload: Payload, room: str | None = None) -> int:
        """Send one event to all, or to one room; return how many servers heard it. EventsUnavailable after retries, and
        while those who listened before a fault have not come back, so that what matters is sent again."""

    def ping(self) -> bool:
        """Whether the other side answers now."""

    def close(self) -> None:
        """Let go of connections."""
