"""What machine this is."""

import os
import platform
import re
from pathlib import Path


def cpu_name() -> str:
    """The model of the processor."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1) if found else platform.processor() or platform.machine()


def describe() -> dict[str, str]:
    """What the report says of it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return {
        "processor": cpu_name(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "system": f"{release}, Linux {platform.release().split('-')[0]}, {platform.machine()}",
        "Python": platform.python_version(),
    }


def short_name() -> str:
    """The processor in a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"\([^)]*\)", "", cpu_name()).lower()).strip("-")
