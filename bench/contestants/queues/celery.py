"""Celery on Redis: acknowledged when handled, without results, which nobody asks for."""

from importlib.metadata import version

from celery import Celery

from bench.contestants.queues import URL, handle

app = Celery("bench", broker=URL)
app.conf.update(task_acks_late=True, task_ignore_result=True, broker_connection_retry_on_startup=True)
send = app.task(handle, name="handle").delay
VERSIONS = {"Celery": version("celery")}
SPARE = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
WORKER = ["-m", "celery", "--app", __name__, "worker", "--pool", "solo", "--loglevel", "ERROR", *SPARE]
