"""What is promised when something goes wrong, and the page that tells how its tests went."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

PROMISES = Path(__file__).parents[1] / "faults" / "promises.toml"
#: Between these lines of the page stands what is written anew.
BEGIN, END = "<!-- results: written by make test-faults -->", "<!-- end of results -->"
HEAD = "| | what goes wrong | what is promised | tested | with | result | took | when and where |\n" + 8 * "|---" + "|"
#: What tests work with, by the fixtures that bring it.
MEANS = {
    "redis_server": "Redis",
    "own_redis": "Redis",
    "shared_r": "R service",
    "own_r": "R service",
    "r": "R service",
    "stack": "worker",
    "make_stack": "worker",
    "cloud": "worker behind proxies",
    "place": "worker behind proxies",
    "anywhere": "worker",
    "changing": "R service",
    "moto_server": "SQS and S3 simulated",
    "calls": "proxy that refuses calls",
    "clock": "clock that jumps",
    "gateway": "gateway",
    "own_gateway": "gateway",
    "with_commands": "gateway",
    "runners": "runner",
    "runs": "program behind walls",
    "walled": "program behind walls",
    "scene": "sandbox",
}


@dataclass(frozen=True)
class Promise:
    """What is held to when something fails; its name is a number, or for attacks some words."""

    name: int | str
    failure: str
    held: str


def read_promises() -> list[Promise]:
    """All of them, in the order of the page."""
    return [Promise(**entry) for entry in tomllib.loads(PROMISES.read_text())["promise"]]


@dataclass
class Result:
    """How one test went."""

    node: str
    promises: list[int | str]
    means: list[str]
    outcome: str = "passed"
    seconds: float = 0.0
    facts: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The test's name as a sentence, with the file that it is in."""
        file, _, name = self.node.partition("[")[0].rpartition("/")[2].partition("::")
        words = name.removeprefix("test_").replace("_", " ")
        return f"{words} (`{file}`)"


def page_with(page: str, results: Iterable[Result], day: date, surroundings: str) -> str:
    """The page with its results told anew. A promise whose tests did not run keeps the results of the last time."""
    before, _, rest = page.partition(BEGIN)
    earlier, _, after = rest.partition(END)
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in earlier.splitlines() if line.startswith("| ")}
    told = list(results)
    for promise in read_promises():
        own = [result for result in told if promise.name in result.promises]
        if own or str(promise.name) not in rows:
            rows[str(promise.name)] = row(promise, own, f"{day:%Y-%m-%d}, {surroundings}")
    table = "\n".join([HEAD, *(rows[str(promise.name)] for promise in read_promises())])
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def row(promise: Promise, results: list[Result], when: str) -> str:
    """One promise, with all that its tests have to say."""
    titles = Counter(result.title for result in results)
    tested = "<br>".join(title + (f", {number} times" if number > 1 else "") for title, number in titles.items())
    means = ", ".join(dict.fromkeys(mean for result in results for mean in result.means))
    facts = "".join(f"<br>{fact}" for result in results for fact in result.facts)
    took = f"{sum(result.seconds for result in results):.0f} s"
    cells = (promise.name, promise.failure, promise.held, tested, means, verdict(results) + facts, took, when)
    return "| " + " | ".join(re.sub(r"\s*\n\s*", " ", str(cell)).replace("|", r"\|") for cell in cells) + " |"


def verdict(results: list[Result]) -> str:
    """Whether a promise was held, as far as its tests could tell."""
    outcomes = Counter(result.outcome for result in results)
    if outcomes["failed"]:
        return "**not held**"
    if not outcomes["passed"]:
        return "not tested"
    return f"held, {outcomes['skipped']} not tested here" if outcomes["skipped"] else "held"
