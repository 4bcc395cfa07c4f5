"""The tables of jobs. How a job stands is in the table of runs, as for every run; here is what only jobs have."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table

from tandem.records.schema import Moment, metadata

jobs = Table(
    "jobs",
    metadata,
    #: In the order of submission.
    Column("number", Integer, primary_key=True),
    Column("run_id", String, ForeignKey("runs.run_id"), nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("program", String, nullable=False),
    Column("version", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("priority", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("group_id", String),
    Column("input_hash", String),
    Column("parameters", JSON, nullable=False),
    Column("spec", JSON, nullable=False),
    #: When its message was sent; none as long as it waits for other jobs.
    Column("sent_at", Moment),
    Column("cached_from", String),
    Column("phase", String),
    Column("exit_code", Integer),
    Column("cpu_s", Float),
    Column("wall_s", Float),
    Column("peak_bytes", BigInteger),
    Column("result_bytes", BigInteger),
    #: Numbers and words that its results hold, by which jobs of a group are compared.
    Column("findings", JSON),
    #: Its place in the order in which jobs have ended.
    Column("ended", BigInteger),
    Index("jobs_by_group", "group_id", "number"),
    Index("jobs_by_end", "ended"),
    Index("jobs_by_program", "program", "number"),
    Index("jobs_by_owner", "owner", "number"),
    Index("jobs_by_sent", "sent_at", "number"),
    Index("jobs_by_source", "cached_from"),
    # A number that was given to a deleted job is not given again: lists are read on from it.
    sqlite_autoincrement=True,
)

#: What a job waits for.
needs = Table(
    "job_needs",
    metadata,
    Column("run_id", String, ForeignKey("runs.run_id"), primary_key=True),
    Column("needed_id", String, primary_key=True, index=True),
)

#: What jobs read, by its content: many jobs read the same.
manifests = Table(
    "manifests",
    metadata,
    Column("hash", String, primary_key=True),
    Column("files", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("entries", JSON, nullable=False),
)

groups = Table(
    "job_groups",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("group_id", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("program", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("total", Integer, nullable=False),
    #: The most CPU-hours and GPU-hours that it may use.
    Column("cpu_hours", Float),
    Column("gpu_hours", Float),
    Column("reduce_id", String),
    #: What its jobs have used up, those among them that are in it no more.
    Column("used_cpu_s", Float, nullable=False, server_default="0"),
    Column("used_gpu_s", Float, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

#: What is counted.
counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

#: What jobs say, line by line.
log_lines = Table(
    "job_log",
    metadata,
    Column("run_id", String, ForeignKey("runs.run_id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("stream", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", String, nullable=False),
    #: It is not at its end yet, as of a progress bar: the next line of its stream takes its place.
    Column("passing", Boolean, nullable=False),
)

#: Inputs that people have given a name.
data_sets = Table(
    "data_sets",
    metadata,
    Column("name", String, primary_key=True),
    Column("hash", String, ForeignKey("manifests.hash"), nullable=False),
    Column("description", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("created_at", Moment, nullable=False),
)

#: Jobs that are submitted again and again.
schedules = Table(
    "schedules",
    metadata,
    Column("name", String, primary_key=True),
    Column("cron", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("wish", JSON, nullable=False),
    Column("owner", String, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("last_at", Moment),
    Column("last_job", String),
    Column("trouble", String),
)

#: Who takes jobs, and what they have to give; the dead stay, so that what waits for them is not refused.
runners = Table(
    "runners",
    metadata,
    Column("runner_id", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("queues", JSON, nullable=False),
    Column("cpus", Float, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("gpus", Integer, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
