"""Jobs and sweeps by the beginning of their ids."""

from itertools import islice
from typing import Any

from tandem.client.ids import NEWEST, WHOLE
from tandem.client.session import Session, place
from tandem.errors import GatewayRefused, UsageError

#: So many that may be meant are looked at.
SEARCHED = 2000


def find(session: Session, kind: str, beginning: str) -> dict[str, Any]:
    """The one job (`jobs`) or sweep (`groups`) whose id begins so. UsageError for none and for several."""
    what = {"jobs": "job", "groups": "sweep"}[kind]
    if beginning in NEWEST:
        newest = next(session.pages(f"/{kind}", {}, limit=1), None)
        if newest is None:
            raise UsageError(reason=f"there is no {what} yet")
        return newest
    wanted = beginning.lower()
    if len(wanted) in WHOLE:
        return dict(session.get(place(kind, wanted)))
    query = {"search": wanted} if kind == "jobs" else {}
    found = [one for one in islice(session.pages(f"/{kind}", query), SEARCHED) if one["id"].startswith(wanted)]
    if not found or not wanted:
        raise GatewayRefused(detail=f"There is no {what} whose id begins with '{beginning}'.", status=404)
    if len(found) > 1:
        raise UsageError(reason=f"{len(found)} {what}s begin with {beginning}; give more of it")
    return found[0]
