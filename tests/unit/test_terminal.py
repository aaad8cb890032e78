"""The person at the terminal: what is asked and shown, and that pictures are private and short-lived."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import click
import pytest

from pipelines.commands import flicker
from pipelines.commands.terminal import Terminal
from pipelines.errors import DialogueAborted
from pipelines.ports.access import Choice

CODE = "012880112345678"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the person types; write to it and rewind."""
    source = io.StringIO()
    monkeypatch.setattr("sys.stdin", source)
    return source


def types(source: io.StringIO, text: str) -> None:
    source.write(text)
    source.seek(0)


def test_choices_are_numbered_and_asked_until_one_is_meant(
    typed: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    types(typed, "9\n2\n")
    assert Terminal().choose("Which?", [Choice("a", "first"), Choice("b", "second")]) == "b"
    told = capsys.readouterr()
    assert told.out == ""
    assert "2  second" in told.err


def test_a_single_choice_is_not_asked(typed: io.StringIO) -> None:
    assert Terminal().choose("Which?", [Choice("only", "the only one")]) == "only"


def test_the_end_of_the_input_is_leaving(typed: io.StringIO) -> None:
    with pytest.raises(DialogueAborted):
        Terminal().ask("TAN")


def test_ctrl_c_while_waiting_is_leaving() -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(DialogueAborted):
        Terminal(interrupted).wait_for("…", lambda: True, first_seconds=1, every_seconds=1, at_most=3)


def test_waiting_follows_the_banks_times() -> None:
    slept: list[float] = []
    answers = iter([False, False, True])
    assert Terminal(slept.append).wait_for("…", lambda: next(answers), first_seconds=5, every_seconds=2, at_most=9)
    assert slept == [5, 2, 2]
    assert not Terminal(slept.append).wait_for("…", lambda: False, first_seconds=0, every_seconds=0, at_most=2)


def test_the_banks_text_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().show("TAN\x1b[2J\x07 eins\nzwei")
    assert capsys.readouterr().err == "TAN [2J  eins\nzwei\n"


def test_a_picture_is_private_and_gone_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal() as terminal:
        terminal.show_image(b"\x89PNG", "image/png", "Scan")
        path = Path(capsys.readouterr().err.rpartition("Look at: ")[2].strip())
        assert path.read_bytes() == b"\x89PNG"
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()


def test_a_flicker_code_is_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal() as terminal:
        terminal.show_flicker(CODE, "Hold the reader against it")
        path = Path(capsys.readouterr().err.rpartition("Look at: ")[2].strip())
        assert str(flicker.frames(CODE)[:3]).replace("'", '"')[1:-1] in path.read_text()


def test_a_broken_flicker_code_leaves_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal() as terminal:
        terminal.show_flicker("not a code", "Startcode 4711")
    told = capsys.readouterr().err
    assert "Startcode 4711" in told
    assert "by hand" in told


def test_frames_have_a_clock_and_four_bits() -> None:
    frames = flicker.frames(CODE)
    assert {len(frame) for frame in frames} == {5}
    assert [frame[0] for frame in frames[7:]] == ["1", "0"] * ((len(frames) - 7) // 2)


def test_secret_answers_are_not_echoed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def prompt(question: str, **how: object) -> str:
        asked.update(how)
        return "x"

    monkeypatch.setattr(click, "prompt", prompt)
    Terminal().ask("Password", secret=True)
    assert asked["hide_input"] is True
