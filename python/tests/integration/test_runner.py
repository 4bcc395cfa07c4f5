"""Jobs as real runners carry them out, on a queue, a record and a store in files."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from fixtures.redis import RedisServer
from fixtures.runner import Runners
from tandem.jobs.scheduling import schedule
from tandem.jobs.wishes import JobWish
from tandem.records.groups import state_of
from tandem.records.job_schema import jobs as jobs_table
from tandem.records.jobs import Job, JobsWanted
from tandem.states import State

DOUBLE = """
import json, pathlib, sys
given = json.loads(pathlib.Path(sys.argv[1]).read_text())
pathlib.Path(sys.argv[2], "result.json").write_text(json.dumps({"a": given["a"]}))
print("said", given["a"])
"""
NUMBERS = (
    'command = ["python3", "{assets}/main.py", "{config}", "{output}"]\nresults = ["result.json"]\n'
    '[parameters.a]\ntype = "integer"\ndefault = 0\n'
)
SUM = """
import json, pathlib, sys
found = [json.loads(path.read_text())["a"] for path in pathlib.Path(sys.argv[1]).rglob("result.json")]
pathlib.Path(sys.argv[2], "sum.json").write_text(json.dumps(sum(a + 100 for a in found)))
"""
#: Fails in its first attempts, and says which one this is.
STUBBORN = """
import os, sys, time
attempt = int(os.environ["TANDEM_ATTEMPT"])
print("attempt", attempt)
if attempt < 3:
    {fault}
"""
#: Seconds within which a killed job is to be seen as killed.
KILL_S = 2.0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Runners]:
    """One runner for all tests that leave it as it was."""
    place = Runners(tmp_path_factory.mktemp("runner"), redis_server.url)
    place.program("double", DOUBLE, NUMBERS)
    place.program("sum", SUM)
    place.start()
    yield place
    place.close()


def test_a_job_leaves_results_logs_provenance_and_last_of_all_its_mark(place: Runners) -> None:
    submitted = place.submit(program="double", parameters={"a": 7}, tags={"who": "me"}, name="seven")
    assert (submitted.finished_at, submitted.name) == (None, "seven")

    [job] = place.complete(submitted.run_id)
    assert json.loads(place.result(job, "results/result.json")) == {"a": 7}
    assert set(place.left(job)) == {
        *("results/result.json", "results/.complete", "logs/stdout.txt", "provenance.json"),
    }
    [made] = json.loads(place.result(job, "results/.complete"))["files"]
    assert (made["path"], made["size"]) == ("result.json", 8)
    assert place.said(job.run_id) == ["said 7"]
    assert (job.exit_code, job.phase, job.findings, job.result_bytes) == (0, "collect", {"result.a": 7}, 8)
    assert job.wall_s is not None
    assert job.wall_s > 0
    told = json.loads(place.result(job, "provenance.json"))
    assert (told["program"]["version"], told["parameters"], told["exitCode"]) == (job.version, {"a": 7}, 0)
    [attempt] = place.records.runs.attempts(job.run_id)
    assert attempt.ended_at is not None
    place.wait(lambda: not list((place.settings.state / "jobs" / "runs").glob(f"{job.run_id}*")))
    place.wait(lambda: place.depth() == (0, 0))


def test_an_equal_job_has_its_result_at_once_unless_it_is_forced(place: Runners) -> None:
    [first] = place.complete(place.submit(program="double", parameters={"a": 11}).run_id)
    again = place.submit(program="double", parameters={"a": 11})
    forced = place.submit(program="double", parameters={"a": 11}, force=True)
    other = place.submit(program="double", parameters={"a": 12})

    assert (again.state, again.cached_from, again.findings) == (State.COMPLETE, first.run_id, {"result.a": 11})
    assert place.result(again, "results/result.json") == place.result(first, "results/result.json")
    assert (forced.cached_from, other.cached_from) == (None, None)
    place.complete(forced.run_id, other.run_id)


@pytest.mark.parametrize(
    ("fault", "toml", "code"),
    [
        ("sys.exit(3)", 'retry_on = ["failure"]', "PROGRAM_FAILED"),
        ("time.sleep(60)", 'retry_on = ["timeout"]\ntime_limit = "0.7s"', "TIMED_OUT"),
        ("held = bytearray(300_000_000); time.sleep(60)", 'retry_on = ["memory"]', "OUT_OF_MEMORY"),
    ],
)
def test_what_fails_is_tried_again_where_its_program_says_so(place: Runners, fault: str, toml: str, code: str) -> None:
    name = code.lower()
    tried = f'{toml}\nretries = 2\nretry_pause = "0.1s"\n'
    place.program(name, STUBBORN.format(fault=fault), tried)
    place.program(f"{name}-once", STUBBORN.format(fault=fault), toml.partition("\n")[2])
    job, once = place.submit(program=name), place.submit(program=f"{name}-once")

    [job] = place.complete(job.run_id)
    reasons = [attempt.reason for attempt in place.records.runs.attempts(job.run_id)]
    assert job.attempt == 3
    assert [reason is None for reason in reasons] == [False, False, True]
    assert place.said(job.run_id)[-1] == "attempt 3"
    [once] = place.ended(once.run_id)
    assert (once.state, once.error_code, once.attempt) == (State.FAILED, code, 1)
    assert once.reason == reasons[0]


def test_a_job_is_not_begun_again_after_its_runner_where_its_program_says_so(runners: Runners) -> None:
    runners.program("once", "print('begun')", 'retries = 1\nretry_on = ["failure"]\n')
    job = runners.submit(program="once")
    runners.records.runs.started(job.run_id, attempt=1)
    runners.start()

    [ended] = runners.ended(job.run_id)
    assert (ended.state, ended.error_code, ended.attempt) == (State.FAILED, "TASK_GIVEN_UP", 1)
    assert "the runner died" in (ended.reason or "")
    assert runners.said(job.run_id) == []


def test_retries_end(place: Runners) -> None:
    place.program("hopeless", "raise SystemExit(4)", 'retries = 1\nretry_on = ["failure"]\nretry_pause = "0.1s"\n')
    [job] = place.ended(place.submit(program="hopeless").run_id)

    assert (job.state, job.error_code, job.attempt) == (State.FAILED, "PROGRAM_FAILED", 2)
    assert "exit code 4" in (job.reason or "")
    assert len(place.records.runs.attempts(job.run_id)) == 2


def test_a_promised_result_that_is_missing_is_a_failure(place: Runners) -> None:
    place.program("forgetful", "print('done')", 'results = ["there.txt"]\n')
    [job] = place.ended(place.submit(program="forgetful").run_id)

    assert (job.state, job.error_code) == (State.FAILED, "RESULT_MISSING")
    assert "there.txt" in (job.reason or "")
    assert "results/.complete" not in place.left(job)


def test_a_running_job_is_killed_with_what_it_said_kept(place: Runners) -> None:
    job = place.submit("sh", "-c", "echo begun; trap '' TERM; sleep 60 & sleep 60")
    place.wait(lambda: place.said(job.run_id) == ["begun"])
    asked = datetime.now(UTC)
    place.records.runs.request_kill(job.run_id)

    [killed] = place.ended(job.run_id)
    assert (killed.state, killed.error_code) == (State.KILLED, "TASK_CANCELLED")
    assert killed.finished_at is not None
    assert killed.finished_at - asked < timedelta(seconds=KILL_S)
    place.wait(lambda: {"logs/stdout.txt", "provenance.json"} <= set(place.left(killed)))
    assert "results/.complete" not in place.left(killed)


def test_a_job_that_was_killed_while_its_runner_was_dead_is_not_begun_again(runners: Runners) -> None:
    job = runners.submit("sh", "-c", "echo begun")
    runners.records.runs.started(job.run_id, attempt=1)
    runners.records.runs.request_kill(job.run_id)
    left = runners.settings.state / "jobs" / "runs" / f"{job.run_id}.1" / "results"
    left.mkdir(parents=True)
    runners.start()

    [ended] = runners.ended(job.run_id)
    assert (ended.state, ended.error_code, ended.attempt) == (State.KILLED, "TASK_CANCELLED", 1)
    assert not left.parent.exists()
    assert runners.said(job.run_id) == []
    runners.wait(lambda: runners.depth() == (0, 0))


def test_a_job_that_waits_for_another_is_killed_and_leaves_it_alone(place: Runners) -> None:
    first = place.submit("sleep", "1")
    second = place.submit("true", after=[first.run_id])
    place.records.runs.request_kill(second.run_id)

    assert place.job(second.run_id).state is State.KILLED
    place.complete(first.run_id)
    assert place.said(second.run_id) == []


def test_inputs_come_from_jobs_that_have_not_ended_yet(place: Runners) -> None:
    first = place.submit("sh", "-c", "sleep 0.5; echo five > $TANDEM_OUTPUT/n.txt")
    second = place.submit(
        *("sh", "-c", "cat $TANDEM_INPUT/from/n.txt"),
        inputs=[{"job": first.run_id, "path": "n.txt", "to": "from/n.txt"}],
    )
    assert list(place.records.jobs.waiting_for([second.run_id])[second.run_id]) == [first.run_id]

    place.complete(first.run_id, second.run_id)
    assert place.said(second.run_id) == ["five"]


def test_what_needs_a_job_that_failed_fails_with_its_name(place: Runners) -> None:
    first = place.submit("sh", "-c", "sleep 0.3; exit 1")
    second = place.submit("true", after=[first.run_id])
    third = place.submit("true", after=[second.run_id])

    for job, needed in zip(place.ended(second.run_id, third.run_id), (first, second), strict=True):
        assert (job.state, job.error_code) == (State.FAILED, "NEEDED_JOB_FAILED")
        assert needed.run_id in (job.reason or "")
        assert job.started_at is None


def test_a_group_is_swept_and_summed_up(place: Runners) -> None:
    group = place.sweep("double", space={"a": list(range(5))}, reduce={"program": "sum"})
    assert group.reduce_id is not None

    [total] = place.complete(group.reduce_id)
    assert json.loads(place.result(total, "results/sum.json")) == 510
    counts = place.records.groups.counts([group.group_id])[group.group_id]
    assert (counts, state_of(counts)) == ({State.COMPLETE: 5}, State.COMPLETE)
    jobs = place.records.jobs.find(JobsWanted(group_id=group.group_id))
    assert sorted(job.tags["a"] for job in jobs) == ["0", "1", "2", "3", "4"]
    assert place.records.groups.used(group.group_id).cpu_hours > 0


def test_the_failed_job_of_a_group_is_run_again_in_its_place_and_the_sum_with_it(place: Runners) -> None:
    place.program("moody", f"{DOUBLE}sys.exit(given['a'] == 2)\n", NUMBERS)
    group = place.sweep("moody", space={"a": [1, 2]}, reduce={"program": "sum"})
    assert group.reduce_id is not None
    place.ended(*place.records.groups.members(group.group_id), group.reduce_id)
    assert place.job(group.reduce_id).error_code == "NEEDED_JOB_FAILED"
    [failed] = place.records.groups.members(group.group_id, (State.FAILED,))

    again, total = place.desk.again([place.job(failed)])
    assert again.tags["retryOf"] == failed
    assert place.records.groups.get(group.group_id).total == 2
    assert set(place.records.groups.members(group.group_id)) == {
        again.run_id,
        *place.records.groups.members(group.group_id, (State.COMPLETE,)),
    }
    assert place.records.groups.get(group.group_id).reduce_id == total.run_id != group.reduce_id
    assert again.run_id in place.records.jobs.needs([total.run_id])[total.run_id]
    place.ended(again.run_id, total.run_id)


def test_a_group_uses_no_more_than_it_may(place: Runners) -> None:
    place.program("slow", "import time; time.sleep(0.5)", "max_parallel = 1\n")
    group = place.sweep("slow", fan_out=[[] for _ in range(4)], limit={"cpuHours": 0.00002}, force=True)

    jobs = place.ended(*place.records.groups.members(group.group_id))
    assert [job.state for job in jobs] == [State.COMPLETE, State.COMPLETE, State.FAILED, State.FAILED]
    for job in jobs[2:]:
        assert (job.error_code, job.started_at) == ("BUDGET_SPENT", None)
        assert "2e-05 CPU-hours" in (job.reason or "")


def test_of_a_program_that_may_run_once_at_a_time_one_runs(place: Runners) -> None:
    place.program("alone", "import time; time.sleep(0.2)", "max_parallel = 1\n")
    jobs = [place.submit(program="alone", force=True, priority=priority) for priority in ("low", "high", "normal")]

    ended = place.complete(*(job.run_id for job in jobs))
    assert_apart(ended)


def test_of_many_that_wait_already_and_may_run_once_at_a_time_one_runs(runners: Runners) -> None:
    runners.program("alone", "import time; time.sleep(0.2)", "max_parallel = 1\n")
    jobs = [runners.submit(program="alone", force=True) for _ in range(5)]
    runners.start()

    ended = runners.complete(*(job.run_id for job in jobs))
    assert_apart(ended)
    assert [job.run_id for job in sorted(ended, key=started)] == [job.run_id for job in jobs]


def test_a_program_runs_as_it_was_when_its_job_was_handed_in(place: Runners) -> None:
    place.program("edited", "print('before')")
    gate = place.submit("sleep", "1")
    job = place.submit(program="edited", after=[gate.run_id])
    place.program("edited", "print('after')")
    later = place.submit(program="edited")

    place.complete(job.run_id, later.run_id)
    assert (place.said(job.run_id), place.said(later.run_id)) == (["before"], ["after"])


def test_a_job_that_is_deleted_before_its_turn_is_forgotten(place: Runners) -> None:
    gate = place.submit("sleep", "0.5", cpus=2)
    job = place.submit("true", name="doomed")
    place.records.runs.request_kill(job.run_id)
    place.records.jobs.delete(job.run_id)

    place.complete(gate.run_id)
    place.wait(lambda: place.depth() == (0, 0))


def test_a_job_of_another_version_ends_and_takes_no_runner_with_it(runners: Runners) -> None:
    strange, plain = runners.submit("true"), runners.submit("true")
    with runners.records.jobs._engine.begin() as connection:
        changed = update(jobs_table).where(jobs_table.c.run_id == strange.run_id)
        connection.execute(changed.values(spec={**strange.spec, "command": None}))
    runners.start()

    [ended] = runners.ended(strange.run_id)
    assert (ended.state, ended.error_code) == (State.FAILED, "NOT_STARTED")
    assert "hand it in anew" in (ended.reason or "")
    runners.complete(plain.run_id)


def test_a_message_about_no_job_is_taken_away(place: Runners) -> None:
    [queue] = [place.desk.dispatch._queue("default", "normal")]
    for body in ("{}", "no json", '{"job": "unknown"}', "[]"):
        queue.send(body, group="odd")

    place.wait(lambda: place.depth() == (0, 0))
    place.complete(place.submit("true").run_id)


def test_a_command_that_is_not_there_says_so(place: Runners) -> None:
    [job] = place.ended(place.submit("no-such-program").run_id)

    assert (job.state, job.error_code) == (State.FAILED, "NOT_STARTED")
    assert "no-such-program" in (job.reason or "")


def test_a_job_killed_while_it_waits_for_room_ends_at_once(runners: Runners) -> None:
    runners.start(TANDEM_RUNNER_CPUS="1")
    first = runners.submit("sleep", "3", cpus=1)
    runners.running(first.run_id)
    second, third = runners.submit("true", cpus=1), runners.submit("true", cpus=1)
    time.sleep(0.5)
    runners.records.runs.request_kill(second.run_id)

    assert runners.job(second.run_id).state is State.KILLED
    runners.complete(first.run_id, third.run_id)
    assert runners.job(second.run_id).started_at is None
    runners.wait(lambda: runners.depth() == (0, 0))


def test_the_urgent_go_first_and_the_others_wait_not_for_ever(runners: Runners) -> None:
    low = runners.submit("true", cpus=1, priority="low")
    normal = runners.submit("true", cpus=1)
    high = [runners.submit("sleep", "0.05", cpus=1, priority="high") for _ in range(25)]
    runners.start(TANDEM_RUNNER_CPUS="1")

    runners.complete(*(job.run_id for job in (*high, normal, low)))
    began = {job.run_id: started(runners.job(job.run_id)) for job in (*high, normal, low)}
    order = sorted(began, key=lambda run_id: began[run_id])
    urgent = {job.run_id for job in high}
    assert set(order[:3]) <= urgent
    assert max(order.index(low.run_id), order.index(normal.run_id)) < len(order) - 5


@pytest.mark.parametrize("wish", [{"cpus": 0.7}, {"cpus": 0.1, "memory": "600MB"}])
def test_no_more_run_at_once_than_there_is_room_for(runners: Runners, wish: dict[str, object]) -> None:
    runners.start(TANDEM_RUNNER_CPUS="1")
    jobs = [runners.submit("sleep", "0.3", **wish) for _ in range(3)]
    fits = runners.submit("sleep", "0.1", cpus=0.1, memory="50MB")

    assert_apart(runners.complete(*(job.run_id for job in jobs)))
    runners.complete(fits.run_id)


def test_a_job_that_no_runner_has_room_for_is_left_to_one_that_has(runners: Runners) -> None:
    job = runners.submit("true", cpus=1.5)
    runners.start(TANDEM_RUNNER_CPUS="1")
    small = runners.submit("true", cpus=0.5)
    runners.complete(small.run_id)
    assert runners.job(job.run_id).state is State.QUEUED

    runners.start(TANDEM_RUNNER_CPUS="2")
    runners.complete(job.run_id)


def test_two_runners_share_the_work_and_each_job_is_done_once(runners: Runners) -> None:
    for _ in range(2):
        runners.start(TANDEM_RUNNER_CPUS="1")
    jobs = [runners.submit("sh", "-c", "echo once; sleep 0.2", cpus=1, force=True) for _ in range(8)]

    ended = runners.complete(*(job.run_id for job in jobs))
    assert [runners.said(job.run_id) for job in ended] == [["once"]] * 8
    assert {job.attempt for job in ended} == {1}
    spans = sorted((started(job), finished(job)) for job in ended)
    assert any(later < end for (_, end), (later, _) in pairwise(spans))


def test_what_is_due_is_submitted_once_by_two_runners(runners: Runners) -> None:
    wish = JobWish.model_validate({"command": ["echo", "tick"], "cpus": 0.1, "memory": "100MB"})
    schedule(runners.records.schedules, "often", "* * * * *", "UTC", wish, "me")
    [known] = runners.records.schedules.find()
    runners.records.schedules.claim(known, datetime.now(UTC) - timedelta(seconds=1))
    for _ in range(2):
        runners.start()

    runners.wait(lambda: runners.records.jobs.count() == 1)
    [job] = runners.records.jobs.find()
    runners.complete(job.run_id)
    [after] = runners.records.schedules.find()
    assert (after.last_job, after.trouble, job.owner) == (job.run_id, None, "me")
    assert after.next_at > datetime.now(UTC)
    assert runners.records.jobs.count() == 1


def started(job: Job) -> datetime:
    assert job.started_at is not None
    return job.started_at


def finished(job: Job) -> datetime:
    assert job.finished_at is not None
    return job.finished_at


def assert_apart(jobs: list[Job]) -> None:
    """No two of them ran at the same time."""
    spans = sorted((started(job), started(job) + timedelta(seconds=job.wall_s or 0.0)) for job in jobs)
    for (_, end), (later, _) in pairwise(spans):
        assert later >= end - timedelta(milliseconds=20), spans
