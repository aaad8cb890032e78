"""A TAN, or an approval in an app, from a person: what is shown, what is asked, how long we wait (FinTS 3.0 PIN/TAN,
two-step procedure, process variant 2, and decoupled)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pipelines.ports.access import Choice, Dialogue

# Where a bank does not say how to poll: HITANS below version 7, or left out.
_POLLS, _FIRST, _NEXT = 60, 5.0, 3.0
_UNLIMITED: Final = 200
_TAG: Final = re.compile(r"<(/?)(br|p|b|i|u|ul|ol|li)\s*/?>", re.IGNORECASE)


class Picture(NamedTuple):
    """A matrix code: photoTAN or QR."""

    mime_type: str
    content: bytes


class Challenge(NamedTuple):
    """What a bank wants answered. flicker: HHD_UC text for an optical reader, "" for none."""

    text: str
    flicker: str
    picture: Picture | None

    def __repr__(self) -> str:
        return "Challenge(…)"


class Polling(NamedTuple):
    """How a bank wants to be asked whether the app has confirmed. by_hand: only after the person says so."""

    at_most: int
    first_seconds: float
    every_seconds: float
    by_hand: bool


def challenge_of(hitan: Any) -> Challenge:
    """The challenge inside a HITAN segment of any version."""
    text = hitan.challenge or ""
    raw = getattr(hitan, "challenge_hhduc", None) or b""
    picture = _picture(raw)
    flicker = "" if picture or not raw else raw.decode("ascii", "replace")
    if text.startswith("CHLGUC") and text[8:12].strip().isdigit():
        # HHD 1.3: the flicker code stands in front of the text.
        end = 12 + int(text[8:12])
        flicker, text = text[12:end], text[end:]
    if text.startswith("CHLGTEXT"):
        text = text[12:]
    return Challenge(_plain(text), flicker, picture)


def _picture(raw: bytes) -> Picture | None:
    """Length and MIME type, length and picture; None when the bytes are something else, such as a flicker code."""
    if len(raw) < 4:
        return None
    start = 2 + int.from_bytes(raw[:2], "big")
    mime = raw[2:start]
    if not 3 <= len(mime) <= 64 or b"/" not in mime or len(raw) < start + 2:
        return None
    length = int.from_bytes(raw[start : start + 2], "big")
    content = raw[start + 2 : start + 2 + length]
    return Picture(mime.decode("ascii", "replace"), content) if content else None


def _plain(text: str) -> str:
    """Structured challenges carry some HTML; people at a terminal get line ends instead."""
    lines = _TAG.sub(lambda tag: "\n" if tag[2].lower() in ("br", "p", "li") else "", text)
    return "\n".join(line.strip() for line in html.unescape(lines).splitlines() if line.strip())


def polling_of(method: Any | None) -> Polling:
    """The waiting times of a decoupled method, as HITANS 7 states them."""
    most = getattr(method, "decoupled_max_poll_number", None)
    first = getattr(method, "wait_before_first_poll", None)
    following = getattr(method, "wait_before_next_poll", None)
    by_hand = getattr(method, "automated_polling_allowed", None) is False
    return Polling(
        _POLLS if most is None else (most or _UNLIMITED),
        _FIRST if first is None else float(first),
        _NEXT if following is None else float(following),
        by_hand,
    )


def ask_tan(person: Dialogue, challenge: Challenge, method_name: str) -> str:
    """Shows the challenge and takes the TAN, without blanks."""
    text = challenge.text or "The bank wants a TAN."
    if challenge.picture is not None:
        person.show_image(challenge.picture.content, challenge.picture.mime_type, text)
    elif challenge.flicker:
        person.show_flicker(challenge.flicker, text)
    else:
        person.show(text)
    return "".join(person.ask(f"TAN ({method_name})").split())


def wait_for_approval(person: Dialogue, challenge: Challenge, polling: Polling, poll: Callable[[], bool]) -> bool:
    """Waits until the person has confirmed in the app; whether that was seen."""
    text = challenge.text or "Confirm the access in your banking app."
    if not polling.by_hand:
        return person.wait_for(
            text,
            poll,
            first_seconds=polling.first_seconds,
            every_seconds=polling.every_seconds,
            at_most=polling.at_most,
        )
    person.show(text)
    for _ in range(polling.at_most):
        answer = person.choose("Confirmed in the app?", [Choice("yes", "yes, go on"), Choice("no", "no, stop here")])
        if answer != "yes":
            return False
        if poll():
            return True
    return False
