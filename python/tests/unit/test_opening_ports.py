"""Which queue and which store the settings choose."""

from pathlib import Path

import pytest

from tandem.errors import InvalidSetting
from tandem.queues import open_queue
from tandem.queues.sqlite import SqliteQueue
from tandem.queues.sqs import SqsQueue
from tandem.settings import Settings
from tandem.stores import open_store
from tandem.stores.folder import FolderStore
from tandem.stores.s3 import S3Store


def settings(**given: object) -> Settings:
    return Settings(**{"cluster_env_given": "development", "experiment_id": "e", **given})


def test_a_queue_in_a_file(tmp_path: Path) -> None:
    queue = open_queue(settings(queue_url=f"sqlite:///{tmp_path}/a%20b.sqlite"))
    queue.close()
    assert isinstance(queue, SqliteQueue)
    assert queue.name == "development-queue.fifo"
    assert (tmp_path / "a b.sqlite").exists()


@pytest.mark.parametrize(("name", "opened"), [(None, "jobs"), ("other", "other")])
def test_a_queue_in_a_file_by_name(tmp_path: Path, name: str | None, opened: str) -> None:
    queue = open_queue(settings(queue_url=f"sqlite:///{tmp_path}/q.sqlite#jobs"), name)
    queue.close()
    assert queue.name == opened


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (None, "development-queue.fifo"),
        ("sqs://Mixed-Name.fifo", "Mixed-Name.fifo"),
        ("https://sqs.eu-west-1.amazonaws.com/1234/q.fifo", "q.fifo"),
        ("http://127.0.0.1:4566/000000000000/q", "q"),
    ],
)
def test_a_queue_of_sqs(url: str | None, name: str) -> None:
    queue = open_queue(settings(queue_url=url))
    assert isinstance(queue, SqsQueue)
    assert queue.name == name


@pytest.mark.parametrize("url", ["redis://x", "sqlite:relative", "sqlite://host/q.sqlite", "q.sqlite", "sqs://"])
def test_a_queue_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(InvalidSetting, match="TANDEM_QUEUE_URL"):
        open_queue(settings(queue_url=url))


def test_a_store_in_a_folder_needs_no_account(tmp_path: Path) -> None:
    store = open_store(settings(store_url=tmp_path.as_uri(), cluster_env_given="staging"), "cell-sets")
    assert isinstance(store, FolderStore)
    assert store.bucket == "cell-sets-staging-000000000000"
    assert (tmp_path / store.bucket).is_dir()


@pytest.mark.parametrize("url", [None, "s3://"])
def test_a_store_of_s3(url: str | None) -> None:
    store = open_store(settings(store_url=url, aws_account_id="42"), "worker-results")
    assert isinstance(store, S3Store)
    assert store.bucket == "worker-results-development-42"


@pytest.mark.parametrize("url", ["ftp://x", "file:relative", "file://host/x", "/folder", "s3://my-bucket"])
def test_a_store_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(InvalidSetting, match="TANDEM_STORE_URL"):
        open_store(settings(store_url=url), "cell-sets")
