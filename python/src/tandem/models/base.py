"""What a language model promises. One suite (tests/integration/test_language_models.py) holds every adapter to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

#: Seconds to reach a model, and of its silence until it is given up.
CONNECT_S, READ_S = 10.0, 180.0
#: The longest answer that is read, in bytes.
ANSWER_BYTES = 1 << 20


@dataclass(frozen=True)
class Turn:
    """One contribution to a conversation."""

    speaker: Literal["user", "assistant"]
    text: str


class LanguageModel(Protocol):
    """Something that answers. Safe to be shared by threads."""

    name: str

    def answer(self, instructions: str, turns: Sequence[Turn]) -> str:
        """What the model says next. ModelUnavailable if another try may help, ModelFailed if it would not."""
