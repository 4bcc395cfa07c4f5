"""The cluster's queue: SQS, first-in-first-out or standard."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import ceil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from tandem.aws import READ_S, Clients, is_amazon
from tandem.errors import DeadlineExceeded, LeaseLost, QueueMissing, QueueUnavailable
from tandem.queues.base import RECEIVE_MAX, Depth, Lease, Message
from tandem.settings import Settings
from tandem.text import one_line

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, MessageTypeDef

log = logging.getLogger(__name__)

#: The system's attribute that carries a trace from one service to the next.
TRACE_HEADER = "AWSTraceHeader"
#: What SQS allows at most: seconds of one poll, and messages of one sending.
WAIT_MAX_S, SEND_MAX = 20, 10
#: One try of a call about a message in hand may be silent for this part of its lease's time, so that an extension which
#: gets lost is made again while the lease lasts; and at least so many seconds.
SILENCE_PART, SILENCE_MIN_S = 1 / 6, 1.0
#: How SQS names a queue that is not there, and a receipt that is not (or no longer) good.
MISSING = ("QueueDoesNotExist", "NonExistentQueue")
LOST = ("ReceiptHandleIsInvalid", "MessageNotInflight")
#: A message can be held for twelve hours after its receive; SQS refuses to go beyond with these words.
CEILING = "Total VisibilityTimeout"
#: How much of a reason goes with a dead letter, in characters; all on one line, for SQS takes no control characters.
REASON_CHARS = 1000
#: Fields of a message that no log may show.
SECRET_FIELDS = frozenset({"Authorization", "authJWT", "signedUrl"})


class SqsQueue:
    """A queue of SQS, looked up when it is first needed and for as long as it is missing."""

    def __init__(self, settings: Settings, place: str, name: str | None = None, *, make: bool = False) -> None:
        """`place` is a queue's URL or `sqs://name`; `name` asks for a queue of another name there, and `make` lets it
        be made where it is missing."""
        parts = urlsplit(place)
        by_url = parts.scheme != "sqs"
        self.name = name or (parts.path.rpartition("/")[2] if by_url else parts.netloc)
        self._url = place if by_url and not name else None
        self._may_make = make
        self._visibility_s = settings.visibility_s
        self._dead_url = settings.dead_letter_url
        server = f"{parts.scheme}://{parts.netloc}" if by_url else None
        endpoint = None if is_amazon(server) else server
        self._clients = Clients(settings, endpoint)
        self._hasty_clients = Clients(
            settings, endpoint, min(READ_S, max(SILENCE_MIN_S, self._visibility_s * SILENCE_PART))
        )

    @property
    def _ordered(self) -> bool:
        return self.name.endswith(".fifo")

    def send(
        self,
        body: str,
        *,
        group: str = "work",
        deduplication_id: str | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> str:
        """Send a message; a standard queue knows neither groups nor deduplication."""
        return self._send_to(self._found(), self._ordered, body, group, deduplication_id, attributes or {})

    def send_all(self, messages: Sequence[Message]) -> None:
        """Send many messages, as many at once as SQS takes."""
        for start in range(0, len(messages), SEND_MAX):
            self._send_some(messages[start : start + SEND_MAX])

    def receive(self, count: int, wait_s: float) -> list[Lease]:
        """One long poll."""
        url = self._found()
        # Should the answer get lost, the client's second try with the same id is given the same messages.
        attempt: dict[str, Any] = {"ReceiveRequestAttemptId": str(uuid4())} if self._ordered else {}
        with self._faults():
            answer = self._clients.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(count, RECEIVE_MAX),
                WaitTimeSeconds=min(ceil(wait_s), WAIT_MAX_S),
                VisibilityTimeout=ceil(self._visibility_s),
                MessageSystemAttributeNames=["AWSTraceHeader", "ApproximateReceiveCount", "MessageGroupId"],
                MessageAttributeNames=["All"],
                **attempt,
            )
        return [_lease(message) for message in answer.get("Messages", [])]

    def extend(self, lease: Lease, visibility_s: float) -> None:
        """Keep the message; DeadlineExceeded when SQS lets it be held no longer."""
        with self._faults(lease):
            self._hasty_clients.sqs.change_message_visibility(
                QueueUrl=self._found(), ReceiptHandle=lease.receipt, VisibilityTimeout=ceil(visibility_s)
            )

    def release(self, lease: Lease, delay_s: float = 0.0) -> None:
        """Hand the message back."""
        self.extend(lease, delay_s)

    def acknowledge(self, lease: Lease) -> None:
        """Delete the message."""
        with self._faults(lease):
            self._hasty_clients.sqs.delete_message(QueueUrl=self._found(), ReceiptHandle=lease.receipt)

    def dead_letter(self, lease: Lease, reason: str) -> None:
        """Send the message to the dead-letter queue, or to the log where there is none; then delete it."""
        # First make sure that the message is ours to give up, be it held to its last second.
        with suppress(DeadlineExceeded):
            self.extend(lease, self._visibility_s)
        try:
            # A second try within five minutes is the same letter.
            url = self._found_dead()
            attributes = {**lease.attributes, "Reason": one_line(reason, REASON_CHARS)}
            self._send_to(url, url.endswith(".fifo"), lease.body, lease.group or "work", lease.message_id, attributes)
        except QueueMissing:
            log.error("message %s is given up: %s. It was: %s", lease.message_id, reason, _showable(lease.body))  # noqa: TRY400
        self.acknowledge(lease)

    def depth(self) -> Depth:
        """Count the messages, as nearly as SQS knows."""
        waiting, delayed, leased = self._counts(self._found())
        try:
            dead = sum(self._counts(self._found_dead()))
        except QueueMissing:
            dead = 0
        return Depth(waiting + delayed, leased, dead)

    def close(self) -> None:
        """Let go of this thread's connections."""
        self._clients.close()
        self._hasty_clients.close()

    def _found(self) -> str:
        """The queue's URL."""
        if self._url is None:
            try:
                self._url = self._look_up(self.name)
            except QueueMissing:
                if not self._may_make:
                    raise
                self._url = self._make()
        return self._url

    def _make(self) -> str:
        fifo: Any = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if self._ordered else {}
        with self._faults():
            return self._clients.sqs.create_queue(QueueName=self.name, Attributes=fifo)["QueueUrl"]

    def _found_dead(self) -> str:
        if self._dead_url is None:
            stem = self.name.removesuffix(".fifo")
            self._dead_url = self._look_up(f"{stem}-dead.fifo" if self._ordered else f"{stem}-dead")
        return self._dead_url

    def _look_up(self, name: str) -> str:
        with self._faults(name=name):
            return self._clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def _send_to(
        self,
        url: str,
        ordered: bool,
        body: str,
        group: str,
        deduplication_id: str | None,
        attributes: Mapping[str, str],
    ) -> str:
        options: dict[str, Any] = {}
        if ordered:
            options = {"MessageGroupId": group, "MessageDeduplicationId": deduplication_id or str(uuid4())}
        if TRACE_HEADER in attributes:
            options["MessageSystemAttributes"] = {TRACE_HEADER: _text(attributes[TRACE_HEADER])}
        own = {name: _text(value) for name, value in attributes.items() if name != TRACE_HEADER}
        with self._faults():
            return self._clients.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=own, **options)[
                "MessageId"
            ]

    def _send_some(self, messages: Sequence[Message]) -> None:
        entries: list[Any] = []
        for number, message in enumerate(messages):
            ordered = {"MessageGroupId": message.group, "MessageDeduplicationId": message.deduplication_id}
            entries.append({"Id": str(number), "MessageBody": message.body, **(ordered if self._ordered else {})})
        with self._faults():
            answer = self._clients.sqs.send_message_batch(QueueUrl=self._found(), Entries=entries)
        if failed := answer.get("Failed"):
            raise QueueUnavailable(queue=self.name, reason=failed[0].get("Message", failed[0]["Code"]))

    def _counts(self, url: str) -> tuple[int, int, int]:
        with self._faults():
            found = self._clients.sqs.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesDelayed",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )["Attributes"]
        return (
            int(found["ApproximateNumberOfMessages"]),
            int(found["ApproximateNumberOfMessagesDelayed"]),
            int(found["ApproximateNumberOfMessagesNotVisible"]),
        )

    @contextmanager
    def _faults(self, lease: Lease | None = None, name: str | None = None) -> Iterator[None]:
        """Say in Tandem's words what SQS or the way to it refused."""
        try:
            yield
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code.endswith(MISSING):
                self._url = None
                raise QueueMissing(queue=name or self.name) from error
            if lease and CEILING in str(error):
                raise DeadlineExceeded from error
            if lease and (code.endswith(LOST) or "ReceiptHandle" in str(error) or "receipt handle" in str(error)):
                raise LeaseLost(message_id=lease.message_id) from error
            raise QueueUnavailable(queue=self.name, reason=error) from error
        except BotoCoreError as error:
            raise QueueUnavailable(queue=self.name, reason=error) from error


def _text(value: str) -> "MessageAttributeValueTypeDef":
    return {"DataType": "String", "StringValue": value}


def _lease(message: "MessageTypeDef") -> Lease:
    system = message["Attributes"]
    named = {name: value.get("StringValue") for name, value in message.get("MessageAttributes", {}).items()}
    trace = {TRACE_HEADER: system["AWSTraceHeader"]} if "AWSTraceHeader" in system else {}
    return Lease(
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        receive_count=int(system["ApproximateReceiveCount"]),
        group=system.get("MessageGroupId"),
        attributes={**{name: text for name, text in named.items() if text}, **trace},  # others are no text
    )


def _showable(body: str) -> str:
    """The body without its secrets; of one that cannot be read, only its length."""
    try:
        fields = json.loads(body, object_hook=lambda found: {k: v for k, v in found.items() if k not in SECRET_FIELDS})
    except ValueError:
        return f"{len(body)} characters that are not JSON"
    return json.dumps(fields)
