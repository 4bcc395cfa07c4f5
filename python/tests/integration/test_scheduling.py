"""Jobs that are due, as whoever looks submits them: each once, whatever is away meanwhile."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures.redis import RedisServer
from fixtures.runner import Runners
from fixtures.stack import EXPERIMENT
from tandem.errors import RecordUnavailable, StoreUnavailable
from tandem.jobs.programs import packing
from tandem.jobs.scheduling import schedule, submit_due
from tandem.jobs.wishes import JobWish
from tandem.records.schedules import Schedule

READ = "import pathlib, sys; print(sorted(path.name for path in pathlib.Path(sys.argv[1]).iterdir()))"


@pytest.fixture
def place(tmp_path: Path, redis_server: RedisServer) -> Iterator[Runners]:
    place = Runners(tmp_path, redis_server.url)
    place.program("plain", "")
    place.program("studies", READ, "experiment = true\n")
    yield place
    place.close()


def due(place: Runners, name: str, zone: str = "UTC", **wish: Any) -> None:
    """Let a job be due since a moment ago."""
    wanted = JobWish.model_validate({"program": "plain", **wish})
    new = schedule(place.records.schedules, name, "0 0 1 1 *", "UTC", wanted, "me")
    place.records.schedules.put(replace(new, zone=zone, next_at=datetime.now(UTC) - timedelta(seconds=1)))


def known(place: Runners, name: str) -> Schedule:
    return next(one for one in place.records.schedules.find() if one.name == name)


def test_one_that_cannot_be_read_any_more_holds_up_no_others(place: Runners) -> None:
    due(place, "a", zone="Middle/Earth")
    due(place, "b")
    submit_due(place.records.schedules, place.desk)

    assert "Middle/Earth" in (known(place, "a").trouble or "")
    assert (known(place, "b").trouble, place.records.jobs.count()) == (None, 1)


def test_what_could_not_be_submitted_is_submitted_later(place: Runners, monkeypatch: pytest.MonkeyPatch) -> None:
    due(place, "often")

    def away(*_: object) -> None:
        raise StoreUnavailable(bucket="jobs", key="it", reason="it is away")

    with monkeypatch.context() as patch:
        patch.setattr(packing, "keep", away)
        submit_due(place.records.schedules, place.desk)
    assert (place.records.jobs.count(), known(place, "often").trouble) == (0, None)
    for _ in range(2):
        submit_due(place.records.schedules, place.desk)
    assert (place.records.jobs.count(), known(place, "often").last_job) == (1, place.records.jobs.find()[0].run_id)


def test_what_was_submitted_although_it_seemed_not_is_not_submitted_again(
    place: Runners, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(place, "often")

    def away() -> int:
        raise RecordUnavailable(database="it", reason="it is away")

    with monkeypatch.context() as patch:
        patch.setattr(place.desk.dispatch, "send_ready", away)
        submit_due(place.records.schedules, place.desk)
    submit_due(place.records.schedules, place.desk)
    [job] = place.records.jobs.find()
    assert known(place, "often").last_job == job.run_id
    assert known(place, "often").next_at > datetime.now(UTC)


def test_a_job_that_reads_an_experiment_is_submitted_when_it_is_due(
    place: Runners, small_experiment: Path, r_library: Path
) -> None:
    shutil.copytree(small_experiment / EXPERIMENT, place.settings.data / EXPERIMENT)
    place.settings.state.mkdir()
    (place.settings.state / "r-library").symlink_to(r_library)
    due(place, "nightly", program="studies", experiment=EXPERIMENT)
    place.start()

    place.wait(lambda: known(place, "nightly").last_job or known(place, "nightly").trouble, within_s=90)
    assert known(place, "nightly").trouble is None
    [job] = place.complete(known(place, "nightly").last_job or "")
    assert place.said(job.run_id) == ["['cell_sets.json', 'experiment.h5ad']"]
