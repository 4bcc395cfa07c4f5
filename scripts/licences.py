"""docs/licences.md: the licence of everything that is depended on. Names and versions are those of the locks, licences
those that the packages tell where they are installed; `--check` only says whether the page is of the present locks."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".tandem"
PAGE = ROOT / "docs" / "licences.md"
NODE = ROOT / "python/tests/integration/node"
#: Environments in which what a lock names is installed.
LOCKS = {
    "python/requirements.lock": STATE / "venv",
    "bench/requirements.lock": STATE / "bench-venv",
    "scripts/deploy-tools.lock": STATE / "deploy/venv",
    "scripts/audit-tools.lock": STATE / "audit/venv",
}
PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", re.MULTILINE)
#: What only other systems or versions of Python install, or does not say itself; as its source says it.
TOLD_ELSEWHERE = {
    **dict.fromkeys(("component-bind", "component-inherit", "debugpy", "indexof"), "MIT"),
    "illico": "Apache-2.0",
    "async-timeout": "Apache-2.0",
    "colorama": "BSD-3-Clause",
    "fast-array-utils": "MPL-2.0",
    "msgspec": "BSD-3-Clause",
    "pywin32": "PSF-2.0",
}
#: Packages of Debian that only images, or only some machines, have; as their copyright files say it.
DEBIAN = {
    **dict.fromkeys(("aardvark-dns", "netavark"), "Apache-2.0"),
    "catatonit": "GPL-2+",
    "npm": "Artistic-2.0",
    "tini": "MIT",
}
#: Classifiers that say that there is a licence, but not which.
NO_NAME = ("OSI Approved", "DFSG approved", "Other/Proprietary License")
COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL|Mozilla|EUPL|Artistic)", re.IGNORECASE)
#: Longer texts are whole licences.
LONGEST = 70
UNKNOWN = "not told"
HEAD = """# Licences of what Tandem depends on

Tandem itself is under the [MIT licence](../LICENSE) and holds no code of others. What follows is installed beside it.
This page is made by `scripts/licences.py`; `make audit` and a test see that it is of the present locks. What Debian
adds to an image is listed, package by package, in that image's bill of materials ([security.md](security.md)).

Whoever hands an image on hands all of this on. These ask for more than naming their authors:
"""


@dataclass(frozen=True, order=True)
class Part:
    """One package; without a version where Debian chooses it."""

    name: str
    version: str
    licence: str

    @property
    def row(self) -> str:
        """Its line in a table."""
        return f"| {self.name} | {self.version} | {self.licence} |"


def main() -> int:
    """Make the page; with --check, 1 where it is not of the present locks."""
    if "--check" not in sys.argv:
        PAGE.write_text(page())
        return 0
    missing = sorted(wanted() - listed())
    stale = sorted(listed() - wanted())
    for title, names in (("is not in", missing), ("is in", stale)):
        for name in names:
            sys.stderr.write(f"{' '.join(name)} {title} docs/licences.md. Run scripts/licences.py.\n")
    return int(bool(missing or stale))


def wanted() -> set[tuple[str, str]]:
    """Name and version of all that the locks and lists name."""
    python = {pair for lock in LOCKS for pair in PINNED.findall((ROOT / lock).read_text())}
    return python | {(name, version) for name, version, _ in node_packages()} | {(name, "") for name in [*apt(), *r()]}


def listed() -> set[tuple[str, str]]:
    """Name and version of all that the page names."""
    rows = (line.strip("| ").split("|") for line in PAGE.read_text().splitlines() if line.startswith("| "))
    return {(row[0].strip(), row[1].strip()) for row in rows if row[0].strip() != "package"}


def page() -> str:
    """The whole page."""
    tables = {f"Python: {lock}": sorted(python_parts(lock, venv)) for lock, venv in LOCKS.items()}
    images = in_images()
    tables["Node: what tests speak through"] = sorted({Part(*one) for one in node_packages()})
    tables["R: what the service and the import call"] = sorted(Part(name, "", licence_in_r(name)) for name in r())
    tables["Debian: what set-up and images install by name"] = sorted(Part(n, "", licence_in_debian(n)) for n in apt())
    asking = [
        f"- {part.name}: {part.licence}" + (" (in the Python images)" if canonicalize_name(part.name) in images else "")
        for part in sorted({part for parts in tables.values() for part in parts}, key=lambda part: part.name.lower())
        if COPYLEFT.search(part.licence) and " OR " not in part.licence
    ]
    text = HEAD + "\n" + "\n".join(dict.fromkeys(asking)) + "\n"
    for title, parts in tables.items():
        rows = "\n".join(part.row for part in dict.fromkeys(parts))
        text += f"\n## {title}\n\n| package | version | licence |\n|---|---|---|\n{rows}\n"
    return text


def python_parts(lock: str, venv: Path) -> Iterator[Part]:
    """The packages of a lock."""
    places = [str(place) for place in venv.glob("lib/python*/site-packages")]
    installed = {canonicalize_name(one.name): one for one in distributions(path=places)}
    for name, version in PINNED.findall((ROOT / lock).read_text()):
        found = installed.get(canonicalize_name(name))
        yield Part(name, version, TOLD_ELSEWHERE.get(name) or (licence_of(found) if found else UNKNOWN))


def licence_of(found: Distribution) -> str:
    """What a package says of its licence, in few words."""
    about = found.metadata
    told = (text for text in about.get_all("Classifier") or () if text.startswith("License"))
    classifiers = [text.rpartition(" :: ")[2] for text in told]
    named = "; ".join(text for text in classifiers if text not in NO_NAME)
    text = (about.get("License") or "").strip()
    short = text if len(text) <= LONGEST and "\n" not in text else text.partition("\n")[0][:LONGEST]
    return about.get("License-Expression") or named or short or UNKNOWN


def in_images() -> set[str]:
    """The packages that images of Python hold: what is wanted to run, and what that wants."""
    seen: set[str] = set()
    waiting = [("tandem", extra) for extra in ("", "kubernetes", "postgres")]
    while waiting:
        name, extra = waiting.pop()
        try:
            wishes = map(Requirement, distribution(name).requires or ())
        except PackageNotFoundError:
            continue
        for wish in wishes:
            known = canonicalize_name(wish.name)
            if known not in seen and (wish.marker is None or wish.marker.evaluate({"extra": extra})):
                seen.add(known)
                waiting += [(known, more) for more in ("", *wish.extras)]
    return seen


def node_packages() -> Iterator[tuple[str, str, str]]:
    """The packages of the lock of Node: name, version and licence."""
    for path, told in json.loads((NODE / "package-lock.json").read_text())["packages"].items():
        if path:
            yield name_in_node(path), told["version"], told.get("license") or node_licence(path)


def name_in_node(path: str) -> str:
    """The package that lies at a path of the lock."""
    return path.rpartition("node_modules/")[2]


def node_licence(path: str) -> str:
    """What an installed package of Node says where the lock does not."""
    if name_in_node(path) in TOLD_ELSEWHERE:
        return TOLD_ELSEWHERE[name_in_node(path)]
    file = STATE / "node" / path / "package.json"
    told = json.loads(file.read_text()) if file.exists() else {}
    found = told.get("license") or next(iter(told.get("licenses", ())), {})
    return str(found if isinstance(found, str) else found.get("type", UNKNOWN)) or UNKNOWN


def r() -> list[str]:
    """The packages that ours names, without those that are R itself."""
    text = (ROOT / "r" / "DESCRIPTION").read_text()
    fields = re.findall(r"^(?:Imports|LinkingTo|Suggests):((?:\n?[ \t]+\S.*)+)", text, re.MULTILINE)
    names = {re.split(r"[\s(]", name.strip())[0] for field in fields for name in field.split(",")}
    return sorted(names - {"", "grDevices", "grid", "methods", "stats", "tools", "utils"})


def licence_in_r(name: str) -> str:
    """What an installed package of R says."""
    told = output("Rscript", "-e", f'cat(suppressWarnings(packageDescription("{name}")$License))')
    return re.sub(r" *[|+] *file LICEN[CS]E", "", told).replace("|", "or") or UNKNOWN


def apt() -> list[str]:
    """The packages of Debian that lists and Dockerfiles name."""
    lists = [path.read_text() for path in sorted((ROOT / "scripts").glob("apt-packages*.txt"))]
    named = {line.split()[0] for text in lists for line in text.splitlines() if line and not line.startswith("#")}
    builds = "".join(path.read_text() for path in ROOT.glob("*/Dockerfile"))
    images = " ".join(re.findall(r"install-packages ([^\\&\n]*)", builds)).split()
    return sorted(named | {name for name in images if "/" not in name})


def licence_in_debian(name: str) -> str:
    """What the copyright file of an installed package says of its main part."""
    path = Path("/usr/share/doc") / name / "copyright"
    if name in DEBIAN or not path.exists():
        return DEBIAN.get(name, UNKNOWN)
    found = re.findall(r"^License: *(\S.*)$", path.read_text(errors="replace"), re.MULTILINE)
    return found[0][:LONGEST] if found else "in its copyright file"


def output(*command: str) -> str:
    """What a command says, or nothing."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout.strip()
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
