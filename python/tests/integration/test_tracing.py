"""Traces as the X-Ray daemon receives them; a UDP socket plays the daemon."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from helpers.xray import Daemon
from tandem import tracing
from tandem.settings import Settings

ROOT = "1-5759e988-bd862e3fe1be46a994272793"
PARENT = "53995c3f42cd8ad8"
STEPS = ("prepare", "R", "upload", "notify")
ON = Settings(xray=True, cluster_env_given="staging", sandbox_id="blue")


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    from aws_xray_sdk.core import xray_recorder
    from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter

    daemon = Daemon()
    xray_recorder.emitter._socket.close()
    xray_recorder.emitter = UDPEmitter(daemon.address)
    tracing.configure(ON)
    yield daemon
    tracing.configure(Settings(xray=False))
    xray_recorder.clear_trace_entities()
    xray_recorder.emitter._socket.close()
    daemon.close()


def test_a_task_continues_the_trace_of_its_header(daemon: Daemon) -> None:
    header = f"Root={ROOT};Parent={PARENT};Sampled=1"
    with tracing.segment(tracing.segment_name(ON), header, {"etag": "ff", "experiment": "demo"}):
        for step in STEPS:
            with tracing.subsegment(step):
                pass

    segment = daemon.segment()
    assert segment["name"] == "worker-staging-blue"
    assert (segment["trace_id"], segment["parent_id"]) == (ROOT, PARENT)
    assert segment["annotations"] == {"etag": "ff", "experiment": "demo"}
    assert [step["name"] for step in segment["subsegments"]] == list(STEPS)
    assert all(step["end_time"] >= step["start_time"] for step in segment["subsegments"])
    assert daemon.is_silent()


def test_a_trace_that_is_not_sampled_is_not_sent(daemon: Daemon) -> None:
    with tracing.segment("worker", f"Root={ROOT};Parent={PARENT};Sampled=0"), tracing.subsegment("prepare"):
        pass
    assert daemon.is_silent()


def test_a_header_without_a_parent_names_the_trace(daemon: Daemon) -> None:
    with tracing.segment("worker", f"Root={ROOT};Sampled=1"):
        pass
    segment = daemon.segment()
    assert segment["trace_id"] == ROOT
    assert "parent_id" not in segment


@pytest.mark.parametrize(
    "header", ["garbage", "Root", "Root=1;Parent=2", f"Root={ROOT};Parent=x", ";;;", "Root=;Sampled=1", "\x00=\n"]
)
def test_a_bad_header_is_logged_and_a_new_trace_begins(
    daemon: Daemon, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    always_sampled(monkeypatch)
    with tracing.segment("worker", header):
        pass

    assert "is not valid; a new trace begins" in caplog.text
    segment = daemon.segment()
    assert segment["trace_id"] != ROOT
    assert "parent_id" not in segment


def test_without_a_header_a_new_trace_begins(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    always_sampled(monkeypatch)
    with tracing.segment("worker", None):
        pass
    assert daemon.segment()["name"] == "worker"


def test_an_error_is_noted_on_its_step_and_passed_on(daemon: Daemon) -> None:
    with (
        pytest.raises(KeyError, match="gone"),
        tracing.segment("worker", f"Root={ROOT};Sampled=1"),
        tracing.subsegment("R"),
    ):
        raise KeyError("gone")

    segment = daemon.segment()
    assert segment["fault"]
    assert segment["subsegments"][0]["cause"]["exceptions"][0]["type"] == "KeyError"


def test_a_step_outside_of_a_task_is_not_traced(daemon: Daemon) -> None:
    with tracing.subsegment("prepare"):
        pass
    assert daemon.is_silent()


def test_an_absent_daemon_is_no_error(daemon: Daemon) -> None:
    daemon.close()
    for _ in range(2):
        with tracing.segment("worker", f"Root={ROOT};Sampled=1"), tracing.subsegment("R"):
            pass


def test_the_daemon_is_found_by_its_variable(daemon: Daemon) -> None:
    script = (
        "from tandem import tracing; from tandem.settings import Settings; tracing.configure(Settings())\n"
        f"with tracing.segment('worker', 'Root={ROOT};Sampled=1'): pass"
    )
    run(script, AWS_XRAY_DAEMON_ADDRESS=daemon.address, TANDEM_XRAY="true")
    assert daemon.segment()["trace_id"] == ROOT


def test_off_means_that_nothing_is_loaded_or_sent(daemon: Daemon) -> None:
    script = (
        "import sys; from tandem import tracing; from tandem.settings import Settings; tracing.configure(Settings())\n"
        f"with tracing.segment('worker', 'Root={ROOT};Sampled=1'), tracing.subsegment('R'): pass\n"
        "assert not [name for name in sys.modules if name.startswith('aws_xray_sdk')]"
    )
    run(script, AWS_XRAY_DAEMON_ADDRESS=daemon.address, TANDEM_XRAY="false")
    assert daemon.is_silent()


def always_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK takes the first trace of a second, and one in twenty of the others."""
    from aws_xray_sdk.core import xray_recorder

    monkeypatch.setattr(xray_recorder.sampler, "should_trace", lambda _: True)


def run(script: str, **variables: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, env=environment, timeout=30)
