"""Writes the notebooks from their cells, so that what is committed is small, the same for everybody and without output.

``python notebooks/build.py`` after changing a cell here.
"""

from __future__ import annotations

from pathlib import Path

import nbformat

SETUP = """\
# What is here belongs to whoever may see payments: names and texts of payers.
from desk import open_books

desk = open_books()"""

NOTEBOOKS: dict[str, list[tuple[str, str]]] = {
    "review": [
        (
            "markdown",
            "# Klärungsliste · Review queue\n\nWas nicht von selbst gebucht wurde, das Dringendste zuerst. `?` zeigt die "
            "Tasten. · What did not post by itself, the most urgent first. `?` shows the keys.",
        ),
        ("code", SETUP),
        ("code", "from desk import review\n\nreview(desk)"),
    ],
}


def write(folder: Path) -> None:
    """All notebooks into ``folder``."""
    for name, cells in NOTEBOOKS.items():
        notebook = nbformat.v4.new_notebook()
        for number, (kind, text) in enumerate(cells):
            cell = nbformat.v4.new_code_cell(text) if kind == "code" else nbformat.v4.new_markdown_cell(text)
            cell["id"] = f"{name}-{number}"
            notebook.cells.append(cell)
        notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        nbformat.write(notebook, folder / f"{name}.ipynb")


if __name__ == "__main__":
    write(Path(__file__).parent)
