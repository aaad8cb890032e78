"""A person at a terminal (``pipelines.ports.access.Dialogue``): questions on stderr, pictures as files.

What is asked and shown is private: it goes to the screen and to a folder only this user can read, and nowhere else;
the folder is gone when the dialogue ends.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from pipelines.commands import flicker
from pipelines.errors import DialogueAborted
from pipelines.ports.access import Choice

T = TypeVar("T")

_SUFFIXES = {"image/png": ".png", "image/gif": ".gif", "image/jpeg": ".jpg", "image/svg+xml": ".svg"}


class Terminal:
    """Reads from stdin and writes to stderr. A context manager; files it wrote are removed at the end."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._folder: Path | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def choose(self, question: str, choices: Sequence[Choice]) -> str:
        """See Dialogue."""
        if len(choices) == 1:
            return choices[0].key
        self.show(question)
        for number, choice in enumerate(choices, 1):
            self.show(f"  {number}  {choice.label}")
        picked = _answered(lambda: click.prompt("Number", type=click.IntRange(1, len(choices)), err=True))
        return choices[int(picked) - 1].key

    def ask(self, question: str, *, secret: bool = False) -> str:
        """See Dialogue."""
        return str(_answered(lambda: click.prompt(question, hide_input=secret, err=True)))

    def show(self, text: str) -> None:
        """See Dialogue. The text is the bank's: control signs stay out of the terminal."""
        click.echo("".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text), err=True)

    def show_image(self, image: bytes, mime_type: str, text: str) -> None:
        """See Dialogue."""
        self.show(text)
        self._open(self._write("tan" + _SUFFIXES.get(mime_type.partition(";")[0].strip().lower(), ".bin"), image))

    def show_flicker(self, code: str, text: str) -> None:
        """See Dialogue. A page for the browser: its speed and width have to be fitted to the reader."""
        self.show(text)
        try:
            page = flicker.page(code)
        except ValueError:
            self.show("The flicker code cannot be read; type the start code into the reader by hand.")
            return
        self._open(self._write("tan.html", page.encode()))

    def wait_for(
        self, text: str, poll: Callable[[], bool], *, first_seconds: float, every_seconds: float, at_most: int
    ) -> bool:
        """See Dialogue."""
        self.show(text)
        seconds = first_seconds
        for _ in range(at_most):
            _answered(lambda wait=seconds: self._sleep(wait))  # type: ignore[misc]
            if poll():
                return True
            seconds = every_seconds
        return False

    def _write(self, name: str, content: bytes) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="kontoklar-"))  # readable by this user only
        path = self._folder / name
        path.write_bytes(content)
        return path

    def _open(self, path: Path) -> None:
        self.show(f"Look at: {path}")
        if sys.stdin.isatty() and (os.environ.get("DISPLAY") or sys.platform in ("darwin", "win32")):
            click.launch(str(path))


def _answered(question: Callable[[], T]) -> T:
    """The answer; whoever presses Ctrl-C or ends the input has left the dialogue."""
    try:
        return question()
    except (click.Abort, KeyboardInterrupt, EOFError):
        pass
    raise DialogueAborted("the dialogue was left before it was finished; start it again when you are ready")
