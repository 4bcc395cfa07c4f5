"""What this process may do that others may not."""

import os
from functools import cache
from pathlib import Path

#: The rights, by their numbers, without which root is root by name alone, as in a container that has dropped them: to
#: give files away, to open those of others, to end their processes, and to become another user and group.
CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID = 0, 1, 5, 6, 7
STATUS = Path("/proc/self/status")


@cache
def may_become_others() -> bool:
    """Whether processes may be started as other users, and looked after."""
    if os.geteuid() != 0:
        return False
    lines = STATUS.read_text().splitlines() if STATUS.exists() else []
    held = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), -1)
    return all(held >> right & 1 for right in (CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID))
