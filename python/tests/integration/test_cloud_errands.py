"""What dropped files ask for, step by step, where two of them are carried out at the same moment."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from fixtures.aws import Aws
from fixtures.runner import Runners
from tandem.aws import Clients
from tandem.errors import UsageError
from tandem.jobs.cloud.bucket import Bucket
from tandem.jobs.cloud.errands import Kill, Submit, World
from tandem.jobs.cloud.places import Place
from tandem.jobs.cloud.setup import prepare
from tandem.records.jobs import Job
from tandem.settings import Settings
from tandem.states import State
from tandem.stores.s3 import S3Store


class Errands:
    """A bucket that nobody watches, and a desk where nobody takes the jobs."""

    def __init__(self, aws: Aws, name: str, jobs: Runners) -> None:
        self.name, self.jobs = name, jobs
        self._clients = Clients(aws.settings())
        self._store = S3Store(self._clients, name)
        self.world = World(Bucket(aws.settings(), name), jobs.records, jobs.store, jobs.desk)

    def submission(self, folder: str, **more: Any) -> Place:
        """A file that asks for a job of the same timestamp as all others."""
        place = Place(self.name, "me", f"me/submissions/{folder}/")
        self.put(place.submit, json.dumps({"program": "plain", "timestamp": "now", **more}).encode())
        return place

    def put(self, key: str, content: bytes) -> None:
        """Drop a file."""
        self._store.put(key, BytesIO(content), content_type="application/json", replace=True)

    def refusal(self, place: Place) -> str | None:
        """Why it was refused, if it was."""
        if self._store.head(place.error) is None:
            return None
        with self._store.get(place.error) as body:
            return str(json.loads(body.read())["error"])

    def while_handed_in(self, act: Any) -> World:
        """A world in which something happens between the claim of a name and the job that it is for."""
        desk = self.world.desk

        class Meanwhile:
            def submit(self, *wish: Any, **more: Any) -> Job:
                act()
                return desk.submit(*wish, **more)

        return replace(self.world, desk=Meanwhile())  # type: ignore[arg-type]  # it does what is asked of it

    def close(self) -> None:
        self._clients.close()


@pytest.fixture
def errands(moto_server: Aws, fresh_name: str, tmp_path: Path) -> Iterator[Errands]:
    jobs = Runners(tmp_path, "redis://127.0.0.1:1")
    jobs.program("plain", "")
    with closing(Clients(moto_server.settings())) as clients:
        clients.s3.create_bucket(Bucket=fresh_name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    made = Errands(moto_server, fresh_name, jobs)
    yield made
    made.close()
    jobs.close()


def test_of_two_that_take_one_timestamp_at_once_one_is_refused(errands: Errands) -> None:
    one, other = errands.submission("one"), errands.submission("other")
    Submit(one, errands.while_handed_in(lambda: Submit(other, errands.world).step())).step()

    assert "give another timestamp" in (errands.refusal(other) or "")
    assert (errands.refusal(one), errands.jobs.records.jobs.count()) == (None, 1)


def test_a_timestamp_is_free_where_what_took_it_is_gone_or_says_something_else_now(errands: Errands) -> None:
    first = errands.submission("first")

    def die() -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        Submit(first, errands.while_handed_in(die)).step()
    errands.submission("first", note="corrected")
    other = errands.submission("other")
    Submit(other, errands.world).step()
    assert (errands.refusal(other), errands.jobs.records.jobs.count()) == (None, 1)


def test_one_that_is_told_of_twice_at_once_is_one_job(errands: Errands) -> None:
    place = errands.submission("one")
    Submit(place, errands.while_handed_in(lambda: Submit(place, errands.world).step())).step()

    assert (errands.refusal(place), errands.jobs.records.jobs.count()) == (None, 1)


def test_a_job_that_is_called_off_before_there_is_one_is_killed(errands: Errands) -> None:
    place = errands.submission("one")
    errands.put(place.kill, b"now")
    assert Kill(place, errands.world).step()
    Submit(place, errands.world).step()

    [job] = errands.jobs.records.jobs.find()
    assert job.state is State.KILLED


def test_what_aws_does_not_make_is_told_in_a_sentence() -> None:
    settings = Settings.model_validate({"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "CLUSTER_ENV": "development"})
    with closing(Clients(settings)) as clients, pytest.raises(UsageError, match="AWS does not make the bucket mine"):
        prepare(clients, settings, "mine", "told")
