"""A real JupyterLab in a real Chromium: for the browser tests, the measurements and the pictures in ``docs/``.

Nothing of the user's own Jupyter is read or written, and nothing but this machine can be reached: the browser resolves
no name, and every address it asks for is kept in ``Visit.asked``.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
_CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No display, no sandbox for root, and no traffic of the browser's own.
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--force-color-profile=srgb", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


def chromium_path() -> str | None:
    """The browser of this machine; None when there is none. CHROMIUM overrules the search."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _CANDIDATES)), None)


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser (``playwright.sync_api.Browser``). Raises FileNotFoundError where none is installed."""
    from playwright.sync_api import sync_playwright

    path = chromium_path()
    if path is None:
        raise FileNotFoundError("there is no Chromium here: apt-get install chromium, or name one with CHROMIUM=/path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Lab:
    """A JupyterLab that shows copies of the notebooks. url: without a slash at the end; folder: what it shows."""

    url: str
    folder: Path

    def notebook(self, name: str, environment: Mapping[str, str], cells: list[str] | None = None) -> str:
        """Puts a copy of ``notebooks/NAME.ipynb`` into the folder, whose kernel has this environment; its file name.

        cells: other code than the notebook's own.
        """
        if cells is None:
            notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        else:
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
            notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        setting = nbformat.v4.new_code_cell(f"import os; os.environ.update({dict(environment)!r})")
        setting.metadata["jupyter"] = {"source_hidden": True}
        notebook.cells.insert(0, setting)
        copies = len(list(self.folder.glob(f"{name}*.ipynb")))
        file = f"{name}-{copies}.ipynb" if copies else f"{name}.ipynb"
        nbformat.write(notebook, self.folder / file)
        return file


@contextmanager
def jupyter_lab(home: Path) -> Iterator[Lab]:
    """JupyterLab with a home of its own in ``home``; stopped, with its kernels, in the end."""
    folder = home / "notebooks"
    settings = home / "config" / "labconfig"
    for each in (folder, settings):
        each.mkdir(parents=True, exist_ok=True)
    # The news would stand in front of the grid and ask the network first.
    (settings / "page_config.json").write_text(
        '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}', encoding="utf-8"
    )
    port = free_port()
    environment = os.environ | {
        "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"), "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": os.pathsep.join([str(NOTEBOOKS), str(ROOT)]), "DO_NOT_TRACK": "1",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}",
        "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    log = home / "lab.log"
    with log.open("wb") as out:
        server = subprocess.Popen(command, env=environment, cwd=home, stdout=out, stderr=out)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/api", server, log)
        yield Lab(url, folder)
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab does not answer at {url}; it said:\n{log.read_text(errors='replace')[-2000:]}")


@dataclass
class Visit:
    """One notebook in one browser window. asked: every address requested; dialogs: what popped up."""

    page: Any
    lab: Lab
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def strangers(self) -> list[str]:
        """Addresses beyond the server that were asked for."""
        ours = re.compile(rf"(data:|blob:|about:|{re.escape(self.lab.url)}/|ws{re.escape(self.lab.url[4:])}/)")
        return [address for address in self.asked if not ours.match(address)]

    def run(self, until: str, *, seconds: float = 60.0) -> None:
        """The whole notebook, from top to bottom, until ``until`` (a CSS selector) is there."""
        self.ready(seconds)
        self.start()
        self.page.wait_for_selector(until, timeout=seconds * 1000)

    def start(self) -> None:
        """Runs all cells without waiting for them."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    def ready(self, seconds: float = 60.0) -> None:
        """Until the notebook is there and its kernel answers; it says "idle" long before it does."""
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=seconds * 1000)
        self.page.evaluate(_KERNEL_ANSWERS)


# Resolves when the kernel of the notebook on the screen has told who it is.
_KERNEL_ANSWERS = """async () => {
  const context = window.jupyterapp.shell.currentWidget.sessionContext;
  await context.ready;
  const kernel = context.session.kernel;
  await kernel.info;
  while (kernel.connectionStatus !== "connected") await new Promise((then) => setTimeout(then, 50));
}"""


@contextmanager
def visit(browser: Any, lab: Lab, file: str, *, width: int = 1440, height: int = 1000) -> Iterator[Visit]:
    """A fresh window on one notebook."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", service_workers="block")
    page = context.new_page()
    found = Visit(page, lab)
    page.on("request", lambda request: found.asked.append(request.url))
    page.on("websocket", lambda socket: found.asked.append(socket.url))
    page.on("dialog", lambda dialog: (found.dialogs.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    try:
        page.goto(f"{lab.url}/doc/tree/{file}", wait_until="commit")
        yield found
    finally:
        context.close()
