"""Whether running R services keep the requests they get."""

import httpx

from tandem.errors import RServiceUnavailable, UsageError
from tandem.local.plan import Plan


def keep_requests(plan: Plan, experiments: list[str], step: str | None) -> None:
    """Keep the requests of one route, of `all`, or of none. RServiceUnavailable if a service does not answer."""
    for experiment in experiments:
        url = plan.r_url(experiment)
        try:
            answer = httpx.put(f"{url}/debug", json={"step": step}, trust_env=False)
        except httpx.HTTPError as error:
            raise RServiceUnavailable(url=url, reason=str(error)) from error
        if answer.is_error:
            raise UsageError(reason=str(answer.json().get("user_message", answer.text)).rstrip("."))
