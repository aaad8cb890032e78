"""One browser and one JupyterLab for all browser tests, in one process of a parallel run.

Without a Chromium these tests are skipped, saying so; with KONTOKLAR_REQUIRE_BROWSER=1 (the build server) they fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from scripts.lab import Lab, chromium, chromium_path, jupyter_lab, visit
from tests.browser.desk import Desk
from tests.browser.office import Books

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium_there() -> None:
    """There is a Chromium: the machine's own, found by name."""
    if chromium_path() is None:
        why = "there is no Chromium on this machine (apt-get install chromium)"
        if os.environ.get("KONTOKLAR_REQUIRE_BROWSER") == "1":
            pytest.fail(f"{why}, and KONTOKLAR_REQUIRE_BROWSER=1 insists on it")
        pytest.skip(why)


@pytest.fixture(scope="module")
def browser(chromium_there: None) -> Iterator[Any]:
    """A Chromium, for one module only: while Playwright is there, an event loop counts as running, and Prefect would
    answer other tests of the process with coroutines."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def lab(chromium_there: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab on copies of the notebooks."""
    with jupyter_lab(tmp_path_factory.mktemp("lab")) as found:
        yield found


@pytest.fixture(scope="module")
def opened(browser: Any, lab: Lab) -> Iterator[Callable[..., Desk]]:
    """Opens review.ipynb on some books, in a window of its own, ready for the keyboard."""
    with ExitStack() as windows:

        def open_review(books: Books, language: str = "en", until: str = ".kk-row") -> Desk:
            file = lab.notebook("review", books.environment | {"KONTOKLAR_LANGUAGE": language})
            window = windows.enter_context(visit(browser, lab, file))
            window.run(until)
            return Desk(window)

        yield open_review
