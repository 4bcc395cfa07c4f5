"""`python -m tandem.records`: bring the record to this version, before anything else of it starts."""

import logging

from tandem import logs
from tandem.ending import run
from tandem.records.database import open_database
from tandem.settings import read_settings

log = logging.getLogger("tandem.records")


def main() -> int:
    """Make the tables that are missing, and bring older ones up to date."""
    settings = read_settings()
    logs.configure(settings)
    database = open_database(settings.database_url)
    log.info("the record at %s is up to date", database.url.render_as_string(hide_password=True))
    return 0


if __name__ == "__main__":
    run(main, log)
