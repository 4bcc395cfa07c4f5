"""What clients are told, and what never leaves."""

import json

import pytest

from tandem.errors import EventsUnavailable
from tandem.records.base import Progress
from tandem.worker.announcements import Announcements, Outcome, spaced

MESSAGE = {
    "ETag": "ab12",
    "signedUrl": "https://bucket.example/ab12?X-Amz-Signature=secret",
    "Authorization": "Bearer token",
    "experimentId": "demo",
    "timeout": "2099-01-01T00:00:00Z",
    "body": {"name": "GetNUmis"},
    "requestProps": {"broadcast": True},
}


class Listener:
    """Hears what is emitted, in order."""

    def __init__(self):
        self.heard = []
        self.down = False

    def emit(self, event, payload):
        if self.down:
            raise EventsUnavailable(address="redis", reason="connection refused")
        self.heard.append((event, payload))
        return 1


@pytest.fixture
def listener():
    return Listener()


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("GetNUmis", "N Umis"),
        ("ListGenes", "List Genes"),
        ("GetEmbedding", "Embedding"),
        ("CASSIAAnnotate", "CASSIA Annotate"),
        ("GetTrajectoryAnalysisPseudoTime", "Trajectory Analysis Pseudo Time"),
    ],
)
def test_tasks_are_named_as_people_read_them(task, name):
    assert spaced(task) == name


def test_a_heartbeat_has_the_fields_that_clients_read(listener):
    Announcements(listener).heartbeat("demo", "STARTED_TASK", "GetNUmis")

    assert listener.heard == [
        (
            "Heartbeat-demo",
            {
                "type": "WorkResponse",
                "status_code": "STARTED_TASK",
                "user_message": "Working on the requested task N Umis",
            },
        )
    ]


def test_progress_is_told_in_percent(listener):
    Announcements(listener).progress("demo", Progress("Asking", step=1, total=3))

    payload = listener.heard[0][1]
    assert payload["user_message"] == "Asking (1/3)"
    assert payload["progress_percent"] == 33


def test_a_small_result_is_the_payload_itself(listener):
    Announcements(listener).answer(MESSAGE, Outcome(cacheable=True, signed_url="u", inline="H4sI"))

    assert listener.heard[-1] == ("WorkResponse-ab12", "H4sI")


def test_a_large_result_is_told_by_its_address(listener):
    Announcements(listener).answer(MESSAGE, Outcome(cacheable=True, signed_url="u"))

    event, payload = listener.heard[-1]
    assert event == "WorkResponse-ab12"
    assert payload["response"] == {"cacheable": True, "error": False, "signedUrl": "u"}
    assert payload["type"] == "WorkResponse"
    assert payload["request"]["body"] == {"name": "GetNUmis"}


def test_an_error_is_told_with_code_and_message(listener):
    outcome = Outcome(cacheable=True, signed_url="u", error_code="R_WORKER_GENE_NOT_FOUND", user_message="no gene")
    Announcements(listener).answer(MESSAGE, outcome)

    response = listener.heard[-1][1]["response"]
    assert response["error"] is True
    assert response["cacheable"] is False
    assert response["errorCode"] == "R_WORKER_GENE_NOT_FOUND"
    assert response["userMessage"] == "no gene"


def test_a_broadcast_comes_first_and_carries_no_signed_address(listener):
    Announcements(listener).answer(MESSAGE, Outcome(cacheable=True, signed_url="https://x?X-Amz-Signature=s"))

    assert [event for event, _ in listener.heard] == ["ExperimentUpdates-demo", "Heartbeat-demo", "WorkResponse-ab12"]
    assert "Signature" not in json.dumps(listener.heard[0])


def test_no_event_carries_a_token(listener):
    Announcements(listener).answer(MESSAGE, Outcome(cacheable=False, signed_url="u", error_code="X", user_message="m"))

    assert "Bearer" not in json.dumps(listener.heard)


def test_a_heartbeat_that_nobody_takes_is_no_error_but_an_answer_is(listener):
    announcements = Announcements(listener)
    listener.down = True

    announcements.heartbeat("demo", "STARTED_TASK", "GetNUmis")

    assert announcements.degraded
    with pytest.raises(EventsUnavailable):
        announcements.answer(MESSAGE, Outcome(cacheable=True, signed_url="u"))


def test_an_answer_to_a_broken_message_is_told_as_far_as_it_is_readable(listener):
    outcome = Outcome(cacheable=False, signed_url="", error_code="INVALID_INPUT", user_message="m")
    Announcements(listener).answer({"ETag": "ab12", "body": [], "requestProps": 3}, outcome)

    assert [event for event, _ in listener.heard] == ["WorkResponse-ab12"]
