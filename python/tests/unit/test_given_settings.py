"""Which settings a platform has, which are others now and whom they concern."""

import stat
from pathlib import Path

import pytest

from tandem.errors import InvalidSetting
from tandem.local import given


def test_what_was_given_is_known_again_and_for_nobody_else_to_read(monkeypatch, tmp_path):
    monkeypatch.setenv("TANDEM_MODEL_KEY", "secret")
    monkeypatch.setenv("TANDEM_RUNNER_CPUS", "1")
    monkeypatch.setenv("NOT_OURS", "1")
    monkeypatch.setenv("TANDEM_HOME", str(tmp_path))
    monkeypatch.setenv("TANDEM_URL", "https://elsewhere")
    monkeypatch.setenv("TANDEM_TOKEN", "secret")
    path = tmp_path / "settings.json"
    given.remember(given.given_now(), path)
    known = given.remembered(path)
    assert known is not None
    assert known["TANDEM_MODEL_KEY"] == "secret"
    assert known["TANDEM_RUNNER_CPUS"] == "1"
    assert not {"NOT_OURS", "TANDEM_HOME", "TANDEM_URL", "TANDEM_TOKEN"} & known.keys()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_set_unset_and_other_settings_have_changed():
    before = {"TANDEM_RUNNER_CPUS": "1", "TANDEM_COMMANDS": "true", "TIMEOUT": "5"}
    now = {"TANDEM_RUNNER_CPUS": "2", "TIMEOUT": "5", "LOG_FORMAT": "json"}
    assert given.changed(before, now) == ["LOG_FORMAT", "TANDEM_COMMANDS", "TANDEM_RUNNER_CPUS"]


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        (["TANDEM_RUNNER_CPUS"], ["runner"]),
        (["TANDEM_COMMANDS"], ["gateway", "runner"]),
        (["TANDEM_URL_BUCKETS"], ["gateway", "runner"]),
        (["TANDEM_GATEWAY_PORT"], ["gateway"]),
        (["TANDEM_COMPRESSION", "TANDEM_RUNNER_MEMORY"], ["runner", "worker"]),
        (["TANDEM_CONCURRENCY"], ["gateway", "runner", "worker", "r"]),
        (["AWS_REGION"], ["gateway", "runner", "worker"]),
        ([], []),
    ],
)
def test_only_the_parts_are_restarted_that_a_setting_concerns(changes: list[str], parts: list[str]):
    assert given.restarted(changes) == parts


def test_every_exception_is_about_a_setting_that_there_is():
    assert all(any(name.startswith(start) for name in given.names()) for start in given.CONCERNS)


@pytest.mark.parametrize("value", ['a"b', "a\nb", "a ;b", "'a"])
def test_what_cannot_be_handed_on_is_refused(monkeypatch, value: str):
    monkeypatch.setenv("TANDEM_MODEL", value)
    with pytest.raises(InvalidSetting, match="TANDEM_MODEL"):
        given.given_now()


def test_a_platform_of_before_has_no_known_settings(tmp_path: Path):
    assert given.remembered(tmp_path / "none.json") is None
