"""Imports point downward only, as docs/architecture.md draws it."""

import ast
from pathlib import Path

import pytest

import tandem

SOURCE = Path(tandem.__file__).parent
#: What each folder may import besides itself and the modules at the top.
MAY_IMPORT = {
    "queues": set(),
    "stores": set(),
    "events": set(),
    "records": set(),
    "models": set(),
    "cluster": set(),
    "experiments": {"stores"},
    "exchange": {"experiments"},
    "tasks": {"experiments", "models", "queues", "stores", "records"},
    "worker": {"tasks", "experiments", "models", "queues", "stores", "events", "records"},
    "jobs": {"exchange", "cluster", "experiments", "queues", "stores", "events", "records"},
    "local": {"jobs", "exchange", "tasks", "experiments", "queues", "stores", "events", "records"},
    "client": {"local"},
    "gateway": {
        *("local", "cluster", "jobs", "exchange", "tasks"),
        *("experiments", "queues", "stores", "events", "records"),
    },
    "cli": {
        *("local", "gateway", "client", "jobs", "exchange", "tasks"),
        *("experiments", "queues", "stores", "events", "records"),
    },
}


def imported_folders(module: Path) -> set[str]:
    """The folders of tandem that a module imports from."""
    names = []
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("tandem.")} & set(MAY_IMPORT)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_lies_below_it(folder):
    for module in (SOURCE / folder).rglob("*.py"):
        beyond = imported_folders(module) - {folder} - MAY_IMPORT[folder]
        assert not beyond, f"{module.relative_to(SOURCE)} imports from {', '.join(sorted(beyond))}"


def test_the_modules_at_the_top_import_no_folder():
    for module in SOURCE.glob("*.py"):
        offered = {"client"} if module.stem == "__init__" else set()
        assert module.stem == "__main__" or imported_folders(module) <= offered, module.name


def test_every_folder_has_its_place():
    assert {folder.name for folder in SOURCE.iterdir() if (folder / "__init__.py").exists()} == set(MAY_IMPORT)


def test_an_adapter_never_imports_another():
    for port in ("queues", "stores", "events", "records", "models"):
        adapters = {path.stem for path in (SOURCE / port).glob("*.py")} & {
            "sqlite",
            "sqs",
            "folder",
            "s3",
            "redis",
            "sql",
            "chat_completions",
            "bedrock",
        }
        for adapter in adapters:
            text = (SOURCE / port / f"{adapter}.py").read_text()
            others = {other for other in adapters - {adapter} if f"tandem.{port}.{other} " in text}
            assert not others, f"{port}/{adapter}.py imports {others}"
