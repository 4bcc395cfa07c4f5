"""All that one database records."""

from dataclasses import dataclass

from sqlalchemy import Engine

from tandem.records.data_sets import DataSets
from tandem.records.database import open_database
from tandem.records.groups import Groups
from tandem.records.job_logs import JobLogs
from tandem.records.jobs import JobRecord
from tandem.records.runners import Runners
from tandem.records.schedules import Schedules
from tandem.records.sql import SqlRecord
from tandem.settings import Settings


@dataclass(frozen=True)
class Records:
    """The runs, and what belongs to those of them that are jobs."""

    runs: SqlRecord
    jobs: JobRecord
    logs: JobLogs
    groups: Groups
    data_sets: DataSets
    schedules: Schedules
    runners: Runners

    @classmethod
    def of(cls, engine: Engine) -> "Records":
        """Those of one database."""
        parts = (SqlRecord, JobRecord, JobLogs, Groups, DataSets, Schedules, Runners)
        return cls(*(part(engine) for part in parts))  # type: ignore[arg-type]


def open_records(settings: Settings) -> Records:
    """The records that DATABASE_URL names. RecordUnavailable when it does not answer."""
    return Records.of(open_database(settings.database_url))
