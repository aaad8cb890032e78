"""What every committed notebook keeps to: made by build.py, no output, no SQL, no credentials, thin."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.conftest import NOTEBOOKS

BOOKS = sorted(NOTEBOOKS.glob("*.ipynb"))
MODULES = sorted((NOTEBOOKS / "desk").glob("*.py"))
_SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s.+\sSET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.I | re.S)
_SECRET = re.compile(r"(postgresql|mysql)://|password\s*=|\bpin\s*=|client_secret\s*=|-----BEGIN", re.I)


def test_there_are_notebooks_to_look_at() -> None:
    assert len(BOOKS) >= 5
    assert len(MODULES) >= 10


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_no_output_and_no_count_of_a_run(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_they_are_what_build_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(NOTEBOOKS))
    sys.modules.pop("build", None)
    import build  # type: ignore[import-not-found, unused-ignore]

    build.write(tmp_path)
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text(encoding="utf-8") for path in BOOKS}


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_cells_are_thin(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 8
            assert not any(
                isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(ast.parse(cell.source))
            )


@pytest.mark.parametrize("path", [*BOOKS, *MODULES], ids=lambda path: path.name)
def test_no_sql_and_no_credentials(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not _SQL.search(text)
    assert not _SECRET.search(text)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_desk_asks_the_core_and_no_database(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    roots = {name.partition(".")[0] for name in imported}
    assert not roots & {"sqlalchemy", "sinks", "sources", "matchers", "prefect", "psycopg", "sqlite3"}


def test_every_word_is_there_in_both_languages() -> None:
    from desk import debtor_words, month_words, story_words, trial_words
    from desk.vocabulary import TERMS, Say

    for catalogue in (TERMS, debtor_words.WORDS, month_words.WORDS, story_words.WORDS, trial_words.WORDS):
        assert all(german and english for german, english in catalogue.values())
        for key, (german, english) in catalogue.items():
            assert re.findall(r"{(\w+)}", german) == re.findall(r"{(\w+)}", english), key
    assert Say("de").of("status", "failed") == "zurückgegeben"
    assert Say("de").of("status", "something_new") == "something new"


def test_words_that_are_asked_for_exist() -> None:
    """``say("key")`` in a module finds its key in the module's catalogue or in the common one."""
    from desk import debtor_words, month_words, story_words, trial_words
    from desk.vocabulary import TERMS

    own = {"debtor": debtor_words, "month": month_words, "story": story_words, "trial": trial_words}
    for path in MODULES:
        catalogue = next((words.WORDS for name, words in own.items() if path.stem.startswith(name)), None)
        if catalogue is not None:
            asked = set(re.findall(r"""say\(["']([\w.\-]+)["']""", path.read_text(encoding="utf-8")))
            assert asked <= TERMS.keys() | catalogue.keys(), path.name
