"""What a group may use: nothing more of it is begun when that is spent."""

from tandem.errors import BudgetSpent, RunUnknown
from tandem.records.groups import Groups


def check_budget(groups: Groups, group_id: str) -> None:
    """BudgetSpent where the jobs of the group have used what it may use."""
    try:
        group = groups.get(group_id)
    except RunUnknown:
        return
    if group.cpu_hours is None and group.gpu_hours is None:
        return
    used = groups.used(group_id)
    for unit, limit, hours in (("CPU", group.cpu_hours, used.cpu_hours), ("GPU", group.gpu_hours, used.gpu_hours)):
        if limit is not None and hours >= limit:
            raise BudgetSpent(group=group.name, field="limit", limit=limit, unit=unit, used=hours)
