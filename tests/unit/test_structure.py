"""The shape of the code: who may import whom, how long a module may be, what a part must offer (DESIGN, Layout)."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pipelines", "sources", "matchers", "sinks")
MODULES = [*sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")), ROOT / "flows.py"]
OUTER = ("sources", "matchers", "sinks")
EDGE = (
    "pipelines.app", "pipelines.assembly", "pipelines.cli", "pipelines.commands", "pipelines.demo",
    "pipelines.simulator",
    "pipelines.upkeep", "pipelines.orchestration", "flows",
)  # fmt: skip

# The composition root in two parts.
ROOT_OF_ALL = ("pipelines.app", "pipelines.assembly")

# What sources, matchers and sinks may know of the core.
SHARED = (
    "pipelines.model",
    "pipelines.ports",
    "pipelines.errors",
    "pipelines.normalize",
    "pipelines.frames",
    "pipelines.amounts",
    "pipelines.text",
)


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in the file, as full dotted names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "import_module":
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant):
                yield str(first.value)


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def test_there_is_something_to_check() -> None:
    names = {name_of(path) for path in MODULES}
    assert {"pipelines.app", "pipelines.cli", "pipelines.model.money", "sinks.tables", "flows"} <= names


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    name = name_of(path)
    for module in imports(path):
        top = module.partition(".")[0]
        assert top != "prefect" or within(name, "flows", "pipelines.orchestration"), f"{name} imports prefect"
        if within(name, "pipelines.model"):
            assert top in sys.stdlib_module_names or within(module, "pipelines.model"), f"{name} imports {module}"
        elif top in OUTER and within(name, "pipelines", "flows"):
            assert name in ROOT_OF_ALL, f"{name} imports {module}; only {ROOT_OF_ALL} may"
        elif top == "flows":
            assert within(name, "pipelines.commands"), f"{name} imports {module}"
        elif within(name, *OUTER) and top == "pipelines" and module != "pipelines":
            # `from pipelines import text` names the package and the module; the module is judged.
            assert within(module, *SHARED), f"{name} imports {module}"
        elif within(name, "pipelines") and not within(name, *EDGE):
            assert not within(module, *EDGE), f"{name} imports {module}, which stands above it"
            if not within(name, "pipelines.usecases", "pipelines.review"):
                assert not within(module, "pipelines.usecases"), f"{name} imports {module}, which stands above it"


@pytest.mark.parametrize("package", OUTER)
def test_parts_do_not_import_parts_of_other_kinds(package: str) -> None:
    others = tuple(other for other in OUTER if other != package)
    for path in (ROOT / package).rglob("*.py"):
        for module in imports(path):
            assert not within(module, *others), f"{name_of(path)} imports {module}"


# A migration says what the schema was on its day and is never edited again.
LONGER = {"sinks.migrations.versions.0001_first_schema"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_stay_readable(path: Path) -> None:
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= (700 if name_of(path) in LONGER else 400), f"{name_of(path)} has {length} lines"


@pytest.mark.parametrize("path", [path for path in MODULES if path.stat().st_size], ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{name_of(path)} has no docstring"


def public(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_left_unfinished(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in ("TO" + "DO", "FIX" + "ME", "raise NotImplemented" + "Error"):
        assert word not in text, f"{name_of(path)} holds {word}"
