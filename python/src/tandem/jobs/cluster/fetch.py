"""`python -m tandem.jobs.cluster.fetch <job> <attempt>`: lay out in the pod's volume what the program reads."""

import sys

from tandem.jobs.cluster.inside import Inside, carry_out
from tandem.jobs.cluster.places import PROGRAMS, RUN
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.gathering import Gathering
from tandem.jobs.runner.preparation import Preparation
from tandem.jobs.spec import Spec


def fetch(inside: Inside) -> None:
    """Inputs, configuration and the program's own files."""
    settings, volume = inside.settings, inside.settings.home
    gathering = Gathering(settings, inside.records, inside.store)
    preparation = Preparation(inside.records, inside.store, gathering, volume / PROGRAMS, hidden=())
    spec = Spec.model_validate(inside.job.spec)
    preparation.prepare(inside.job, spec, RunFolder(volume / RUN), (), inside.attempt)


if __name__ == "__main__":
    sys.exit(carry_out(fetch))
