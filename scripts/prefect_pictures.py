"""Pictures of the Prefect UI: the runs, the artifacts and the form of a dunning run, on the first days of the demo."""

from __future__ import annotations

from typing import Any

from scripts.pictures import Studio, picture
from scripts.prefect_demo import prepared, waiting
from scripts.prefect_server import running

WIDTH, HEIGHT = 1280, 940


class Ops:
    """A Prefect with a dunning run that waits, started for the first picture and ended with the last."""

    def __init__(self, studio: Studio) -> None:
        folder = studio.folder / "prefect-demo"
        self.server = studio.stack.enter_context(running(folder / "prefect"))
        sample, day = prepared(folder / "demo")
        _process, self.run = studio.stack.enter_context(waiting(self.server, sample, day))
        context = studio.browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB")
        studio.stack.callback(context.close)
        self.page: Any = context.new_page()
        self.page.set_default_timeout(60_000)

    def open(self, path: str, until: str) -> Any:
        """A page of the UI once a text is there."""
        self.page.goto(f"{self.server.url}/{path}", wait_until="domcontentloaded")
        self.page.get_by_text(until).first.wait_for()
        return self.page


_ops: dict[int, Ops] = {}


def _of(studio: Studio) -> Ops:
    if id(studio) not in _ops:
        _ops[id(studio)] = Ops(studio)
    return _ops[id(studio)]


def _taken(page: Any) -> bytes:
    page.wait_for_timeout(1500)  # what slides in has come to rest
    taken: bytes = page.screenshot()
    return taken


@picture("prefect-run")
def prefect_run(studio: Studio) -> bytes:
    """The list of runs: names say day and result."""
    return _taken(_of(studio).open("runs", "waits for a release"))


@picture("prefect-artifacts")
def prefect_artifacts(studio: Studio) -> bytes:
    """What the last runs have left, each with its newest table."""
    return _taken(_of(studio).open("artifacts", "kontoklar-accounts"))


@picture("prefect-approval")
def prefect_approval(studio: Studio) -> bytes:
    """The form by which a person releases letters."""
    ops = _of(studio)
    page = ops.open(f"runs/flow-run/{ops.run['id']}", "waits for a release")
    page.get_by_role("button", name="Resume").click()
    for text in ("letters (", "Version seen"):  # what is asked arrives after the form
        page.locator(".p-modal").get_by_text(text).first.wait_for()
    return _taken(page)
