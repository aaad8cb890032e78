"""A real Prefect server in a process of its own, with our deployments and automations, for tests that look at it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class PrefectServer:
    """url: of the UI; the API is under ``/api``. home: its folder, database and logs."""

    url: str
    home: Path
    environment: dict[str, str]

    def python(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """A Python process that talks to this server."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT, env=self.environment | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def done(self, *arguments: str, **more: str) -> str:
        """``python`` to its end; what it printed."""
        process = self.python(*arguments, **more)
        printed = process.communicate(timeout=300)[0]
        assert process.returncode == 0, printed[-4000:]
        return printed

    def ask(self, path: str, **filters: Any) -> Any:
        """A list from the API."""
        answer = httpx.post(f"{self.url}/api/{path}", json=filters, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def deploy(self) -> None:
        """Everything of prefect.yaml, and the automations."""
        pool = {"name": "kontoklar", "type": "process"}
        httpx.post(f"{self.url}/api/work_pools/", json=pool, timeout=30).raise_for_status()
        self.done("-m", "prefect", "--no-prompt", "deploy", "--all")
        self.done("-m", "pipelines.orchestration.install")


def until(asked: Callable[[], T | None], what: str, seconds: float = 90) -> T:
    """Asks until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = asked()
        if answer:
            return answer
        time.sleep(0.25)
    raise AssertionError(f"{what} did not come in {seconds:.0f} s")


@contextmanager
def running(home: Path, options: Sequence[str] = ()) -> Iterator[PrefectServer]:
    """A server on a free port; ended by its own process id."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")} | {
        "PYTHONPATH": str(ROOT), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_HOME": str(home), "PREFECT_SERVER_API_HOST": "127.0.0.1", "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_API_URL": f"{url}/api", "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false", "PREFECT_SERVER_UI_V2_ENABLED": "false",
    }  # fmt: skip
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", *options],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:

            def healthy() -> bool:
                assert process.poll() is None, (home / "server.log").read_text()[-4000:]
                try:
                    return httpx.get(f"{url}/api/health", timeout=5).status_code == 200
                except httpx.HTTPError:
                    return False

            until(healthy, "the Prefect server", 400)
            yield PrefectServer(url, home, environment)
        finally:
            process.terminate()
            process.wait(60)
