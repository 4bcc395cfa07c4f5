"""Known faults of the packages in our locks: pip-audit asks PyPI, else OSV; npm asks its registry."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYTHON_LOCKS = (
    *("python/requirements.lock", "bench/requirements.lock"),
    *("scripts/deploy-tools.lock", "scripts/audit-tools.lock"),
)
NODE = "python/tests/integration/node"
#: Who knows of faults in Python packages, in the order that they are asked.
SERVICES = ("pypi", "osv")
#: Seconds that one answer may take.
PATIENCE_S = 600


@dataclass
class Found:
    """What is known of the packages of one lock."""

    asked: int = 0
    unknown: int = 0
    faults: list[str] = field(default_factory=list)
    reason: str = ""


def main() -> int:
    """Say what is known of each lock; 1 where there are faults."""
    found = {lock: ask_python(lock) for lock in PYTHON_LOCKS}
    found[f"{NODE}/package-lock.json"] = ask_npm()
    for lock, known in found.items():
        print(f"{lock}: {in_words(known)}")
        for fault in known.faults:
            print(f"  {fault}")
    if not any(known.asked for known in found.values()):
        print(
            "NOBODY COULD BE ASKED, so this says nothing about faults. Run 'make audit' where pypi.org or api.osv.dev, "
            "and registry.npmjs.org can be reached."
        )
    return int(any(known.faults for known in found.values()))


def in_words(known: Found) -> str:
    """One line for people."""
    if not known.asked:
        return f"not looked at: {known.reason}"
    rest = f"; nobody knows {known.unknown} more" if known.unknown else ""
    told = f"{len(known.faults)} known faults" if known.faults else "no known fault"
    return f"{told} in {known.asked} packages{rest}"


def ask_python(lock: str) -> Found:
    """The faults that the first service knows which can be asked."""
    reasons = []
    for service in SERVICES:
        said = run("pip-audit", "--vulnerability-service", service, "--disable-pip", "--no-deps", "--format", "json",
                   "--requirement", str(ROOT / lock))  # fmt: skip
        told = said if isinstance(said, dict) else {"dependencies": []}
        known = [one for one in told["dependencies"] if "skip_reason" not in one]
        if known:
            faults = [told_of(one, fault) for one in known for fault in one["vulns"]]
            return Found(len(known), len(told["dependencies"]) - len(known), faults)
        reasons.append(said if isinstance(said, str) else f"{service} does not tell of these packages here")
    return Found(reason="; ".join(reasons))


def told_of(package: dict[str, Any], fault: dict[str, Any]) -> str:
    """One fault in one line."""
    mended = ", ".join(fault["fix_versions"]) or "no version"
    return f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}"


def ask_npm() -> Found:
    """The faults that the registry knows."""
    said = run("npm", "audit", "--package-lock-only", "--json", folder=ROOT / NODE)
    if isinstance(said, str) or "metadata" not in said:
        return Found(reason=said if isinstance(said, str) else str(said.get("message", "npm does not say why"))[:200])
    faults = [f"{name}: {one['severity']}, in {one['range']}" for name, one in said["vulnerabilities"].items()]
    return Found(said["metadata"]["dependencies"]["total"], faults=faults)


def run(tool: str, *arguments: str, folder: Path = ROOT) -> Any:
    """What a tool answers as JSON, or in one line why it does not. It may end with 1 because of what it found."""
    beside = Path(sys.executable).parent / tool
    try:
        done = subprocess.run(
            [str(beside) if beside.exists() else tool, *arguments],
            capture_output=True, text=True, cwd=folder, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        return json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{tool} does not work here ({error})"
    except ValueError:
        return (done.stderr.strip().splitlines() or [f"{tool} says nothing"])[-1].partition(" (Caused")[0][:120]


if __name__ == "__main__":
    sys.exit(main())
