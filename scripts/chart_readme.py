"""The README of the chart, made of the comments of its values: each begins with `# -- ` and stands above its value."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

CHART = Path(__file__).resolve().parent.parent / "chart-infra"
#: How a comment that explains a value begins, and how it goes on.
BEGINS, GOES_ON = "# -- ", "# "
#: Longer defaults are only pointed at.
LONGEST_DEFAULT = 60

HEAD = """# Tandem's chart

{description}. For a namespace where a platform labels workers itself:

```sh
helm install worker chart-infra --namespace worker-default --create-namespace \\
  --set images.registry=registry.example.org/ --set worker.serviceAccount.roleArn=arn:aws:iam::…:role/…
```

With a gateway that does it, and batch jobs: `-f chart-infra/values-dev.yaml` (brings its own Redis and PostgreSQL),
`values-staging.yaml`, `values-production.yaml`. How it is meant to be run is in [docs/deploy.md](../docs/deploy.md).

Labelled workers are nobody's: an upgrade leaves them alone until they are idle, and so does `helm uninstall`, after which
`kubectl delete pods -l type=worker` ends them.

This file is made of the comments in `values.yaml`: `scripts/chart-readme` makes it anew.
"""


class Undocumented(Exception):
    """A value that nobody explains."""


@dataclass(frozen=True)
class Value:
    """A value as people are told of it."""

    name: str
    default: str
    meaning: str


def readme(chart: Path) -> str:
    """The whole text."""
    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    text = (chart / "values.yaml").read_text()
    parts = [HEAD.format(description=about["description"])]
    section = None
    for value in values_of(text):
        group = value.name.partition(".")[0] if "." in value.name else ""
        if group != section:
            parts.append(f"\n## {group or 'Everywhere'}\n\n| value | default | meaning |\n|---|---|---|\n")
            section = group
        parts.append(f"| `{value.name}` | {value.default} | {value.meaning} |\n")
    return "".join(parts)


def values_of(text: str) -> list[Value]:
    """Every value with its comment, in their order. Undocumented where one has none."""
    return list(_values(yaml.compose(text), text.splitlines(), ""))


def _values(mapping: yaml.MappingNode, lines: list[str], prefix: str) -> Iterator[Value]:
    for key, node in mapping.value:
        name = f"{prefix}{key.value}"
        if meaning := _comment_above(lines, key.start_mark.line):
            yield Value(name, _default(node, text_of(node)), meaning)
        elif isinstance(node, yaml.MappingNode) and node.value:
            yield from _values(node, lines, f"{name}.")
        else:
            raise Undocumented(f"chart-infra/values.yaml:{key.start_mark.line + 1}: a comment is missing above {name}.")


def _comment_above(lines: list[str], line: int) -> str:
    """What stands directly above, in one line."""
    said: list[str] = []
    for above in reversed(lines[:line]):
        stripped = above.strip()
        if stripped.startswith(BEGINS):
            return " ".join([stripped.removeprefix(BEGINS), *said])
        if not stripped.startswith(GOES_ON):
            break
        said.insert(0, stripped.removeprefix(GOES_ON))
    return ""


def text_of(node: yaml.Node) -> str:
    """A node in one line."""
    loaded = yaml.safe_load(yaml.serialize(node))
    return yaml.safe_dump(loaded, default_flow_style=True, width=10_000, sort_keys=False).removesuffix("...\n").strip()


def _default(node: yaml.Node, text: str) -> str:
    if isinstance(node, yaml.ScalarNode) and node.value == "":
        return ""
    return f"`{text}`" if len(text) <= LONGEST_DEFAULT else "in values.yaml"


def main(arguments: list[str]) -> int:
    """Write the README, or say with --check whether it is as it should be."""
    path = CHART / "README.md"
    try:
        text = readme(CHART)
    except Undocumented as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    if arguments == ["--check"]:
        if path.exists() and path.read_text() == text:
            return 0
        sys.stderr.write("chart-infra/README.md is not what values.yaml says. Run scripts/chart-readme.\n")
        return 1
    path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
