"""JupyterLab typesets mathematics in the text of HTML outputs, escaped or not; in ours it finds none."""

from __future__ import annotations

from typing import Any

from scripts.lab import Lab, visit

_CELLS = [
    r"""
from desk.tables import Column, Note, Table, sheet
texts = [r"$\frac{1}{2}$", "$$x$$", r"\(y\) \[z\]", "<img src=x onerror=alert(1)>", "<script>alert(2)</script>"]
sheet(*map(Note, texts), Table("t", [Column("c")], [[text] for text in texts]))
""",
    r"""
from IPython.display import HTML
HTML(r"<p id='control'>$\frac{1}{2}$</p>")
""",
]


def test_what_looks_like_mathematics_or_markup_stays_text(browser: Any, lab: Lab) -> None:
    file = lab.notebook("views", {"KONTOKLAR_LANGUAGE": "de"}, _CELLS)
    with visit(browser, lab, file) as found:
        # The control shows that mathematics was looked for at all.
        found.run("#control mjx-container", seconds=120)
        found.page.wait_for_timeout(500)
        ours = found.page.locator(".kkv")
        assert ours.locator("mjx-container").count() == 0
        assert ours.locator("img, script").count() == 0
        assert r"$\frac{1}{2}$" in ours.inner_text()
        assert found.dialogs == []
        assert found.strangers() == []
