"""What lies where in the pod of a job."""

from pathlib import Path

from tandem.jobs.execution.environment import INSIDE, places_in

#: The volume, as our own containers see all of it. Its parts: the run's folder, the files of programs, and a place for
#: what we need for a while.
VOLUME, RUN, PROGRAMS, SCRATCH = Path("/work"), "run", "programs", "tmp"

#: What the program sees.
SEEN = places_in(INSIDE)
