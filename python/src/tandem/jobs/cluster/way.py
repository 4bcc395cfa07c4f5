"""The way of carrying out attempts as Jobs of a cluster, which go on when their runner ends."""

import logging
import math
import select
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tandem.errors import ClusterUnavailable, InvalidSetting, NotStarted
from tandem.jobs.cluster import handover
from tandem.jobs.cluster.api import Cluster
from tandem.jobs.cluster.following import Following
from tandem.jobs.cluster.manifest import ATTEMPT, PROGRAM, Order, labels_of, manifest_of, name_of
from tandem.jobs.cluster.standing import Standing, standing_of
from tandem.jobs.execution.course import KILL_GRACE_S, By, Listener
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Ending, with_signal
from tandem.jobs.execution.stop import Stop
from tandem.jobs.execution.walls import Confinement
from tandem.jobs.gathering import rows_of
from tandem.jobs.runner.attempt import Harvest
from tandem.jobs.runner.preparation import Preparation
from tandem.jobs.spec import Spec
from tandem.records.bundle import Records
from tandem.records.job import folder_of
from tandem.records.jobs import Job
from tandem.settings import Settings
from tandem.stores import Store

log = logging.getLogger(__name__)

#: How often what it says is handed on, and how often it is looked at how it stands, in seconds.
HAND_ON_S, LOOK_S = 0.25, 1.0
#: Seconds for which an image that cannot be had is tried again.
HINDRANCE_S = 60.0
#: Seconds for its last words, once it has ended, and for a pod to be gone, once its time for ending is over.
LAST_WORDS_S, GONE_S = 5.0, 30.0


class KubernetesWay:
    """Makes one Job for each attempt, and follows it."""

    def __init__(
        self, settings: Settings, records: Records, store: Store, preparation: Preparation, cluster: Cluster
    ) -> None:
        if settings.job_image is None:
            raise InvalidSetting(name="TANDEM_JOB_IMAGE", value="", reason="pods of jobs need an image of Tandem")
        self._settings, self._records, self._store = settings, records, store
        self._preparation, self._cluster = preparation, cluster

    def prepare(self, job: Job, spec: Spec, folder: RunFolder, gpus: tuple[int, ...], number: int) -> "PodAttempt":  # noqa: ARG002  the cluster chooses which
        """As attempt.py says: a Job of this attempt, and of no other; where there is one already, that."""
        RunFolder.make(folder.root)
        manifest = self._preparation.manifest(job, spec)
        order = Order(job, spec, number, manifest.size)
        self._clear(job, but=order.name)
        if not self._cluster.create(manifest_of(order, self._settings)):
            log.info("job %s goes on as %s", job.run_id, order.name)
        said = self._records.logs.read(job.run_id, after=self._records.logs.last(job.run_id) - 1)
        heard_until = said[-1].at if said else None
        return PodAttempt(order, folder, rows_of(manifest), self._cluster, self._store, self._settings, heard_until)

    def outlives(self, job: Job) -> bool:
        """As attempt.py says."""
        there = self._cluster.job(name_of(job.run_id, job.attempt))
        return there is not None and "deletionTimestamp" not in there["metadata"]

    def clear(self, job: Job) -> None:
        """As attempt.py says."""
        self._clear(job)

    def _clear(self, job: Job, but: str | None = None) -> None:
        for there in self._cluster.jobs(labels_of(job.run_id)):
            told = there["metadata"]
            if told["name"] != but and "deletionTimestamp" not in told:
                self._cluster.delete(told["name"], {**labels_of(job.run_id), ATTEMPT: told["labels"][ATTEMPT]}, 1)


class PodAttempt:
    """One try, whose Job there is."""

    def __init__(
        self,
        order: Order,
        folder: RunFolder,
        inputs: list[dict[str, Any]],
        cluster: Cluster,
        store: Store,
        settings: Settings,
        heard_until: datetime | None,
    ) -> None:
        self.inputs = inputs
        self._order, self._folder, self._cluster, self._store = order, folder, cluster, store
        self._node_s, self._heard_until = settings.job_wait_s, heard_until
        self._prefix = folder_of(order.job.run_id)
        self._following: Following | None = None
        self._began = datetime.now(UTC)
        self._standing = Standing()
        #: What it waits for, and since when.
        self._held_up: tuple[str, float] | None = None

    def execute(self, stop: Stop, listener: Listener) -> Ending:
        """As attempt.py says. When we are to end, the Job goes on, and nothing of it is told yet."""
        try:
            by = self._follow(stop, listener)
            if by == "shutdown":
                return self._ending("shutdown", self._began, self._began)
            if by in ("kill", "time"):
                self._remove(KILL_GRACE_S if by == "kill" else self._order.spec.grace_s)
        finally:
            if self._following is not None:
                self._following.end(LAST_WORDS_S if stop.reason != "shutdown" else 0)
                self._hand_on(listener)
        standing = self._standing
        started_at = standing.started_at or self._began
        return self._ending(by, started_at, standing.finished_at or datetime.now(UTC))

    def harvest(self, ending: Ending) -> Harvest:
        """As attempt.py says: the pod has brought them, unless the program has failed. What goes back to an experiment
        comes here."""
        if ending.by != "itself" or ending.exit_code != 0:
            return Harvest([], {})
        harvest = handover.take(self._prefix, self._order.attempt, self._store)
        returned = set(self._order.spec.returns.values())
        for path in (one.path for one in harvest.made if one.path in returned and one.size):
            place = self._folder.results / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with self._store.get(f"{self._prefix}results/{path}") as body:
                place.write_bytes(body.read())
        return harvest

    def _follow(self, stop: Stop, listener: Listener) -> By:
        look_at, poll = 0.0, select.poll()
        poll.register(stop, select.POLLIN)
        while True:
            if reason := stop.heard():
                return reason
            if time.monotonic() >= look_at:
                if self._look():
                    return self._standing.by
                if self._is_late():
                    return "time"
                look_at = time.monotonic() + LOOK_S
            self._hand_on(listener)
            poll.poll(HAND_ON_S * 1000)

    def _look(self) -> bool:
        """See how it stands; whether it is over. While the cluster does not answer, it stands as before."""
        try:
            job = self._cluster.job(self._order.name)
            if job is None:
                self._standing = standing_of({"status": {"conditions": [GONE]}}, None)
            else:
                pods = self._cluster.pods(self._order.labels)
                self._standing = standing_of(job, pods[-1] if pods else None)
        except ClusterUnavailable as error:
            log.warning("%s", error)
            return False
        pod = self._standing.pod
        if pod is not None and self._standing.started_at is not None and self._following is None:
            cluster, path = self._cluster, self._folder.logs / "stdout.txt"
            self._following = Following(lambda since_s: cluster.log(pod, PROGRAM, since_s), path, self._heard_until)
        if self._standing.finished_at is not None and self._following is not None:
            self._following.ask_once_more()
        self._see_whether_it_is_held_up()
        return self._standing.is_over

    def _see_whether_it_is_held_up(self) -> None:
        """NotStarted where no node takes it, or its image cannot be had, for long."""
        why = self._standing.hindrance or self._standing.waits
        if why is None:
            self._held_up = None
            return
        kind, patience_s = "node", self._node_s
        if self._standing.hindrance:
            kind, patience_s = "image", min(HINDRANCE_S, self._node_s)
        if self._held_up is None or self._held_up[0] != kind:
            self._held_up = kind, time.monotonic()
        if time.monotonic() - self._held_up[1] >= patience_s:
            names = (name for name in (self._standing.pod, self._order.name) if name)
            raise NotStarted(reason=self._cluster.complaint(*names) or why)

    def _is_late(self) -> bool:
        started_at = self._standing.started_at
        if started_at is None or self._standing.finished_at is not None:
            return False
        return (datetime.now(UTC) - started_at).total_seconds() > self._order.spec.time_limit_s

    def _hand_on(self, listener: Listener) -> None:
        lines = self._following.news() if self._following is not None else []
        if lines:
            listener.lines(lines)

    def _remove(self, grace_s: float) -> None:
        """Delete the Job, and wait until nothing of it runs any more."""
        labels, seconds = self._order.labels, max(1, math.ceil(grace_s))
        end = time.monotonic() + seconds + GONE_S
        is_asked = False
        while time.monotonic() < end:
            try:
                if not is_asked:
                    self._cluster.delete(self._order.name, labels, seconds)
                    is_asked = True
                if not self._cluster.pods(labels):
                    return
            except ClusterUnavailable as error:
                log.warning("%s", error)
            time.sleep(HAND_ON_S)
        log.warning("the pod of %s is still there; the cluster is to end it", self._order.name)

    def _ending(self, by: By, started_at: datetime, finished_at: datetime) -> Ending:
        apart = Confinement(by="kubernetes", limits="engine", network=True, files=False, own_user=True)
        code = self._standing.exit_code if by in ("itself", "memory") else None
        image_id = self._standing.image_id
        ending = with_signal(Ending(code, None, by, None, None, started_at, finished_at, apart, image_id))
        return replace(ending, finished_at=max(started_at, finished_at))


#: What stands for a Job that somebody has deleted.
GONE = {"type": "Failed", "status": "True", "message": "somebody has deleted its Job"}
