"""A model at an OpenAI-compatible address: `POST <address>/chat/completions`."""

import json
from collections.abc import Sequence
from typing import Any

import httpx

from tandem.errors import ModelFailed, ModelUnavailable
from tandem.logs import redact
from tandem.models.base import ANSWER_BYTES, CONNECT_S, READ_S, Turn
from tandem.text import one_line

#: Answers after which another try may help, besides the server's own faults.
TRY_AGAIN = frozenset({408, 409, 425, 429})


class ChatCompletions:
    """One model of one server."""

    def __init__(self, name: str, url: str, key: str | None) -> None:
        self.name = name
        self._url, self._key = f"{url.rstrip('/')}/chat/completions", key
        self._http = httpx.Client(timeout=httpx.Timeout(READ_S, connect=CONNECT_S))

    def answer(self, instructions: str, turns: Sequence[Turn]) -> str:
        """Ask for the likeliest answer; a model that knows no temperature is asked without."""
        messages = [{"role": "system", "content": instructions}]
        messages += [{"role": turn.speaker, "content": turn.text} for turn in turns]
        question = {"model": self.name, "messages": messages, "stream": False}
        status, text = self._post(question | {"temperature": 0})
        if status == httpx.codes.BAD_REQUEST and b"temperature" in text:
            status, text = self._post(question)
        if status == httpx.codes.OK:
            return self._content(text)
        reason = f"it answered {status}{self._reason(text)}"
        if status in TRY_AGAIN or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise ModelUnavailable(model=self.name, reason=reason)
        raise ModelFailed(model=self.name, reason=reason)

    def _post(self, question: dict[str, Any]) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        text = b""
        try:
            with self._http.stream("POST", self._url, json=question, headers=headers) as response:
                for block in response.iter_bytes():
                    text += block
                    if len(text) > ANSWER_BYTES:
                        raise ModelFailed(model=self.name, reason="its answer does not end")
                return response.status_code, text
        except httpx.TimeoutException as error:
            raise ModelUnavailable(model=self.name, reason="it did not answer in time") from error
        except httpx.TransportError as error:
            raise ModelUnavailable(model=self.name, reason=f"it cannot be reached ({error})") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise ModelFailed(model=self.name, reason=f"it cannot be asked ({type(error).__name__})") from None

    def _content(self, text: bytes) -> str:
        try:
            content = json.loads(text)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise ModelFailed(model=self.name, reason="its answer is no chat completion") from error
        return content if isinstance(content, str) else ""

    def _reason(self, text: bytes) -> str:
        """What the server says is wrong, without our key."""
        try:
            told = json.loads(text)["error"]
            reason = str(told["message"] if isinstance(told, dict) else told)
        except (ValueError, LookupError, TypeError, RecursionError):
            return ""
        if self._key:
            reason = reason.replace(self._key, "[key]")
        return f": {one_line(redact(reason), 300)}"
