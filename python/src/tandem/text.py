"""Text from outside, made fit for a line that people read."""

import unicodedata


def one_line(text: str, limit: int) -> str:
    """The text on one line, without control characters, and no longer than the limit."""
    plain = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)
    line = " ".join(plain.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
