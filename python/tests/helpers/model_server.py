"""A language model's server: OpenAI's chat completions and Bedrock's converse over HTTP, answering as it is told to."""

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal

from helpers.stub_server import StubServer

#: A status: answered with it. hang: silent until the server is closed. cut: the connection is cut.
Fault = int | Literal["hang", "cut", "endless", "nonsense"]


def annotate(question: str) -> str:
    """What a well-behaved model says to the questions of an annotation."""
    numbers = [int(number) for number in re.findall(r"^(\d+): ", question, re.MULTILINE)]
    if '"cell_type"' in question:
        named = [{"cluster": n, "cell_type": f"Type {n}", "confidence": 0.9} for n in numbers]
    else:
        named = [{"cluster": n, "group": f"Group {n % 2}", "broad": "Cells"} for n in numbers]
    return json.dumps({"clusters": named})


class ModelServer:
    """Answers questions with `reply(question)`."""

    def __init__(self) -> None:
        self.reply: Callable[[str], str] = annotate
        #: What it does instead of answering, one for each request to come.
        self.faults: list[Fault] = []
        #: What an error says.
        self.message = "no such model"
        #: What was asked: path, headers, body.
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self._server = StubServer("POST", self.answer)
        self.url = self._server.url

    def close(self) -> None:
        self._server.close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        self.asked.append((request.path, dict(request.headers), body))
        fault = self.faults.pop(0) if self.faults else None
        bedrock = re.fullmatch(r"/model/([^/]+)/converse", request.path)
        match fault:
            case "hang":
                self._server.closing.wait(60)
            case "cut":
                request.connection.close()
            case "endless":
                self._send(request, 200, b" " * (2 << 20))
            case "nonsense":
                self._send(request, 200, b'{"choices": []}')
            case int():
                error = {"message": self.message}
                self._send(request, fault, json.dumps(error if bedrock else {"error": error}).encode())
            case None if bedrock:
                said = {
                    "role": "assistant",
                    "content": [{"text": self.reply(body["messages"][-1]["content"][0]["text"])}],
                }
                usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
                answer = {
                    "output": {"message": said},
                    "stopReason": "end_turn",
                    "usage": usage,
                    "metrics": {"latencyMs": 1},
                }
                self._send(request, 200, json.dumps(answer).encode())
            case None if request.path == "/v1/chat/completions":
                said = {"role": "assistant", "content": self.reply(body["messages"][-1]["content"])}
                self._send(request, 200, json.dumps({"choices": [{"index": 0, "message": said}]}).encode())
            case _:
                self._send(request, 404, b'{"error": {"message": "no such path"}}')

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
