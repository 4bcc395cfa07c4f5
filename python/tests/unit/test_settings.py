"""Names are derived as the existing platform derives them, so that its pods need no new variable."""

from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path

import pytest
from pydantic import AliasChoices

from tandem.errors import InvalidSetting
from tandem.settings import Settings, read_settings
from tandem.worker.podinfo import DEVELOPMENT_EXPERIMENT, assigned, read_labels


def variables() -> Iterator[str]:
    """Every variable that a setting is read from."""
    for field in Settings.model_fields.values():
        alias = field.validation_alias
        yield from (str(name) for name in (alias.choices if isinstance(alias, AliasChoices) else [alias]))


@pytest.fixture
def environment(monkeypatch):
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    return monkeypatch.setenv


@pytest.mark.parametrize(
    ("given", "env"),
    [
        ({}, "development"),
        ({"K8S_ENV": "production"}, "production"),
        ({"K8S_ENV": "staging"}, "staging"),
        ({"K8S_ENV": "develop"}, "staging"),
        ({"K8S_ENV": "production", "CLUSTER_ENV": "test"}, "test"),
    ],
)
def test_the_cluster_is_recognised(environment, given, env):
    for name, value in given.items():
        environment(name, value)

    assert Settings().cluster_env == env


def test_a_variable_that_is_empty_is_one_that_nobody_has_set(environment):
    bare = read_settings()
    for name in variables():
        environment(name, "")

    assert read_settings() == bare


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TANDEM_CONCURRENCY", "0", "greater than or equal to 1"),
        ("IGNORE_TIMEOUT", "perhaps", "boolean"),
        ("TANDEM_JOB_GPU_NODES", "{", "it must be JSON"),
        ("TANDEM_JOB_GPU_TOLERATIONS", "[[]]", "dictionary"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_with_what_it_should_be(environment, name, value, said):
    environment(name, value)

    with pytest.raises(InvalidSetting, match=f"The setting {name}.* cannot be .*{said}"):
        read_settings()


def test_the_queue_of_a_pod_carries_its_hash(environment):
    environment("K8S_ENV", "production")
    environment("WORK_QUEUE_HASH", "abc123")

    assert Settings().queue_name == "queue-job-abc123-production.fifo"


def test_the_hash_is_made_when_it_is_not_given(environment):
    environment("K8S_ENV", "staging")
    environment("EXPERIMENT_ID", "exp")
    environment("SANDBOX_ID", "box")

    assert Settings().queue_name == f"queue-job-{sha1(b'exp-box').hexdigest()}-staging.fifo"


@pytest.mark.parametrize("env", ["development", "test"])
def test_a_desk_has_one_queue(environment, env):
    environment("CLUSTER_ENV", env)

    assert Settings().queue_name == "development-queue.fifo"


def test_buckets_are_named_by_kind_cluster_and_account(environment):
    environment("K8S_ENV", "production")

    assert Settings().bucket("worker-results", "242905224710") == "worker-results-production-242905224710"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://host.docker.internal:3000"),
        ({"K8S_ENV": "staging"}, "http://api-default.api-default.svc.cluster.local:3000"),
        ({"K8S_ENV": "production", "SANDBOX_ID": "pr-7"}, "http://api-pr-7.api-pr-7.svc.cluster.local:3000"),
        ({"K8S_ENV": "production", "API_URL": "https://api.example/"}, "https://api.example"),
    ],
)
def test_the_experiment_api_is_found(environment, given, url):
    for name, value in given.items():
        environment(name, value)

    assert Settings().cell_sets_api == url


def test_the_key_of_the_language_model_is_not_shown(environment):
    environment("TANDEM_MODEL_KEY", "sk-secret")

    settings = Settings()

    assert "sk-secret" not in f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"


def test_variables_that_mean_something_else_are_not_ours(environment, tmp_path, monkeypatch):
    for name in ("HOME", "SCRATCH", "QUEUE_URL", "STORE_URL", "COMPRESSION", "XRAY", "R_URL"):
        environment(name, "/somewhere/else")
    environment("CONCURRENCY", "77")
    monkeypatch.chdir(tmp_path)

    settings = Settings()

    assert settings.home == tmp_path
    assert settings.scratch != Path("/somewhere/else")
    assert settings.concurrency != 77
    assert (settings.queue_url, settings.store_url, settings.xray) == (None, None, False)


def test_a_pod_keeps_its_experiments_where_r_looks_for_them(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert Settings().data == Path("/data")
    assert Settings().database_url == "sqlite:////data/.tandem/record.sqlite"

    environment("TANDEM_HOME", "/srv/tandem")
    assert Settings().data == Path("/srv/tandem/data")


def test_labels_name_the_experiment(environment, tmp_path):
    labels = tmp_path / "labels"
    labels.write_text('sandboxId="default"\ntype="worker"\n')
    environment("TANDEM_LABELS", str(labels))
    environment("K8S_ENV", "staging")

    assert assigned(Settings()) is None

    labels.write_text('experimentId="e52b"\nsandboxId="pr-7"\nworkQueueHash="99ff"\ntype="worker"\n')
    settings = assigned(Settings())

    assert settings is not None
    assert settings.experiment_id == "e52b"
    assert settings.queue_name == "queue-job-99ff-staging.fifo"


def test_a_worker_on_a_desk_has_an_experiment_of_its_own(environment, tmp_path):
    environment("TANDEM_LABELS", str(tmp_path / "none"))

    settings = assigned(Settings())

    assert settings is not None
    assert settings.experiment_id == DEVELOPMENT_EXPERIMENT


def test_a_missing_labels_file_has_no_labels(tmp_path):
    assert read_labels(tmp_path / "none") == {}
