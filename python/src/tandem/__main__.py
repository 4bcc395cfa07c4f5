"""`python -m tandem`: the command line."""

from tandem.cli.main import run

run()
