"""The review grid: an anywidget of our own that works offline, and the session that carries its decisions out.

The browser sends typed messages; each becomes a command of ``pipelines.review``, attributed, with the version that was
on the screen and an id of its own, so that it is applied exactly once. What has changed meanwhile is shown, not forced.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from desk import cases, formats
from desk.inert import inert
from desk.lessons import Lesson, lesson_of, proposes
from desk.opening import Desk
from desk.typed import command_of
from desk.words import ANSWERS, CAUSES, GRID, texts
from pipelines.amounts import AmountError
from pipelines.errors import KontoklarError
from pipelines.learning.reasons import REASONS
from pipelines.review import Accept, Command, Decided, Hold, Preview, Reject, Release, ReviewDesk, StaleDecision, Undo

# Decisions that say whose payment it was.
_TEACHES = frozenset({"accept", "assign", "split"})
# More than this nobody reads before confirming.
_BATCH = 200

_STATIC = Path(__file__).with_name("static")


class ReviewGrid(anywidget.AnyWidget):
    """A list on the left, one case on the right, everything by keyboard. data: the rows of ``cases`` as JSON, because
    thousands of them travel much faster as one text; texts: see ``words``."""

    _esm = _STATIC / "grid.js"
    _css = _STATIC / "grid.css"
    data = traitlets.Unicode("[]").tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)


def review(desk: Desk) -> ReviewGrid:
    """The grid over everything that waits. Decisions are attributed to ``desk.user``."""
    words = texts(GRID, desk.language)
    words |= {f"reason.{code}": cases.cause(code, desk.language) for code in (*REASONS, *CAUSES)}
    rows = cases.rows(desk)
    grid = ReviewGrid(data=json.dumps(rows, ensure_ascii=False, separators=(",", ":")), texts=words)
    session = Session(desk, rows, grid.send)
    grid.on_msg(lambda _widget, message, _buffers: session.receive(message))
    return grid


class Session:
    """One sitting at the grid. rows: what the grid shows. send: how to answer it."""

    def __init__(self, desk: Desk, rows: Sequence[Mapping[str, Any]], send: Callable[[dict[str, Any]], object]) -> None:
        self._desk = desk
        self._rows = [dict(row) for row in rows]
        self._pressing: set[str] | None = None
        self._send = send
        # A key of the browser counts from 1 in every sitting; this makes it one of a kind.
        self._sitting = secrets.token_hex(8)
        self._versions: dict[str, str] = {}
        self._done: list[Decided] = []
        self._lesson: Lesson | None = None
        self._answers = texts(ANSWERS, desk.language)

    def receive(self, message: Mapping[str, Any]) -> None:
        """One message of the grid. What cannot be done is answered, never raised into the notebook."""
        kinds = {"detail": self._detail, "preview": self._preview, "decide": self._decide, "like": self._like,
                 "batch": self._batch, "iban": self._iban, "use": self._use, "leave": self._leave}  # fmt: skip
        handler = kinds.get(str(message.get("type")))
        if handler is None:
            return
        try:
            handler(message)
        except StaleDecision:
            self._refuse(message, self._answers["stale"], stale=True)
        except (KontoklarError, AmountError) as refused:
            if self._has_moved(message):
                self._refuse(message, self._answers["stale"], stale=True)
            else:
                self._refuse(message, inert(str(refused)))

    def _has_moved(self, message: Mapping[str, Any]) -> bool:
        """Whether what was refused is no longer what the screen showed; then that is what has to be told."""
        id_ = str(message.get("id") or "")
        seen = self._versions.get(id_, "")
        return bool(seen) and seen != self._version(id_, 0)

    # --- looking ------------------------------------------------------------------------------------------------

    def _detail(self, message: Mapping[str, Any]) -> None:
        id_ = str(message["id"])
        told = cases.detail(self._desk, id_, self._rows)
        rank = told["ways"][0]["rank"] if told["ways"] else 0
        self._versions[id_] = self._version(id_, rank)
        self._send({"type": "detail", "id": id_, "detail": told})

    def _iban(self, message: Mapping[str, Any]) -> None:
        id_ = str(message["id"])
        self._send({"type": "iban", "id": id_, "iban": cases.account(self._desk, id_) or "–"})

    def _version(self, id_: str, rank: int) -> str:
        """What a decision rests on; the same for every command about this transaction."""
        who = {"user": self._desk.user, "reason": "preview", "transaction_id": id_}
        try:
            command: Command = Accept(rank=rank, **who) if rank else Hold(**who)
            return self._review().preview(command).seen
        except KontoklarError:
            return self._review().preview(Hold(**who)).seen

    def _preview(self, message: Mapping[str, Any]) -> None:
        try:
            shown = self._review().preview(self._command(message, "preview"))
        except (KontoklarError, AmountError) as refused:
            self._send({"type": "preview", "id": message["id"], "error": inert(str(refused))})
            return
        notes = [inert(note) for note in (*shown.notes, shown.needs_approval) if note]
        self._send({"type": "preview", "id": message["id"], "lines": self._balances(shown), "notes": notes})

    def _balances(self, shown: Preview) -> list[dict[str, str]]:
        language = self._desk.language
        return [
            {
                "what": inert(f"{one.key} {one.dunning}".strip()),
                "before": formats.money(one.old_minor, one.currency, language),
                "change": formats.money(one.change_minor, one.currency, language),
                "after": formats.money(one.new_minor, one.currency, language),
            }
            for one in shown.balances
        ]

    # --- deciding -----------------------------------------------------------------------------------------------

    def _decide(self, message: Mapping[str, Any]) -> None:
        if message["command"] == "undo":
            self._undo(message)
            return
        id_, name = str(message["id"]), str(message["command"])
        mine = self._row(id_)
        decided = self._review().apply(self._command(message, str(message.get("reason") or "") or self._why(message)))
        self._done.append(decided)
        fresh = self._fresh([id_])
        self._send({
            "type": "decided", "key": message["key"], "text": self._told(name, decided, id_),
            "gone": [] if fresh else [id_], "rows": fresh,
        })  # fmt: skip
        if name in _TEACHES and mine is not None and not decided.request_id:
            self._teach(mine)

    def _undo(self, message: Mapping[str, Any]) -> None:
        last = next((one for one in reversed(self._done) if one.decision_id and not one.request_id), None)
        if last is None:
            self._refuse(message, self._answers["nothing-to-undo"])
            return
        if last.command == Reject.name:
            self._done.remove(last)
            self._refuse(message, self._answers["kept"])
            return
        why = str(message.get("reason") or "") or f"undone by {self._desk.user} in the same sitting"
        who = {"user": self._desk.user, "reason": why, "command_id": self._key(message)}
        held = last.command == Hold.name
        back: Command = (
            Release(transaction_id=last.transaction_id, **who) if held else Undo(decision_id=last.decision_id, **who)
        )
        self._review().apply(back)
        self._done.remove(last)
        rows = self._fresh([last.transaction_id] if last.transaction_id else [])
        text = self._answers["released" if held else "undo"].format(what=self._amount(last))
        self._send({"type": "decided", "key": message["key"], "text": text, "gone": [], "rows": rows, "back": True})

    def _like(self, message: Mapping[str, Any]) -> None:
        ids = [str(id_) for id_ in message["ids"]]
        if not message.get("picked"):
            ids = cases.alike(str(message["id"]), self._rows)
        found, totals = [], Counter[str]()
        for id_ in ids[:_BATCH]:
            row = self._row(id_)
            ways = cases.detail(self._desk, id_)["ways"] if row else []
            if row is None or not ways:
                continue
            found.append({
                "id": id_, "rank": ways[0]["rank"], "version": self._version(id_, ways[0]["rank"]),
                "cells": [row["day"], row["name"], row["rest"], row["best"]],
            })  # fmt: skip
            totals[row["currency"]] += int(row["rest_minor"])
        self._send({"type": "like", "cases": found, "total": self._sum(totals)})

    def _batch(self, message: Mapping[str, Any]) -> None:
        gone, refused = [], 0
        why = str(message.get("reason") or "") or self._why({"command": "batch"})
        for one in message["cases"]:
            try:
                decided = self._review().apply(Accept(
                    transaction_id=str(one["id"]), rank=int(one["rank"]), user=self._desk.user, reason=why,
                    seen=str(one["version"]), command_id=f"{self._key(message)}:{one['id']}",
                ))  # fmt: skip
            except KontoklarError:
                refused += 1
                continue
            self._done.append(decided)
            gone.append(str(one["id"]))
        text = self._answers["batch"].format(n=len(gone)) + (
            f" · {refused}: {self._answers['stale']}" if refused else ""
        )
        rows = self._fresh([str(one["id"]) for one in message["cases"]])
        self._send({"type": "decided", "key": message["key"], "text": text, "gone": gone, "rows": rows})

    # --- what a decision taught ---------------------------------------------------------------------------------

    def _teach(self, mine: Mapping[str, Any]) -> None:
        """Shows what a confirmed payment taught and what else that resolves, before any of it is used.

        Asked only where another payment of the same account or name waits: the answer takes a match of all that waits.
        """
        others = [row for row in self._rows if row["id"] != mine["id"] and not row["held"]]
        same = [row for row in others if any(mine[key] and row[key] == mine[key] for key in ("iban", "name"))]
        if not same:
            return
        try:
            lesson = lesson_of(self._desk, str(mine["id"]))
        except KontoklarError:
            # The decision stands and was told; what it taught shows at the next one.
            return
        found = [(row, invoices) for id_, invoices in lesson.resolves if (row := self._row(id_)) is not None]
        if not found:
            return
        totals = Counter[str]()
        for row, _ in found:
            totals[row["currency"]] += int(row["rest_minor"])
        self._lesson = lesson
        self._send({
            "type": "lesson", "id": mine["id"], "teaches": [inert(text) for text in lesson.teaches],
            "total": self._sum(totals), "cases": [
                {"id": row["id"], "cells": [row["day"], row["name"], row["rest"], invoices]} for row, invoices in found
            ],
        })  # fmt: skip

    def _use(self, message: Mapping[str, Any]) -> None:
        """Matches again with what was learned, and accepts exactly what was shown; what differs now stays waiting."""
        lesson, self._lesson = self._lesson, None
        if lesson is None or lesson.transaction_id != message.get("id"):
            return
        self._desk.app.match(self._desk.as_of)
        why = f"review grid: learned from the decision on {lesson.transaction_id}"
        used = 0
        for id_, invoices in lesson.resolves:
            if not proposes(self._desk, id_, invoices):
                continue
            command = Accept(
                transaction_id=id_, user=self._desk.user, reason=why, seen=self._version(id_, 1),
                command_id=f"{self._key(message)}:{id_}",
            )  # fmt: skip
            try:
                self._done.append(self._review().apply(command))
            except KontoklarError:
                continue
            used += 1
        self._moved(message, self._answers["used"].format(n=used))

    def _leave(self, message: Mapping[str, Any]) -> None:
        """Keeps what was shown out of matching, so that a person decides each."""
        lesson, self._lesson = self._lesson, None
        if lesson is None or lesson.transaction_id != message.get("id"):
            return
        why = f"review grid: what the decision on {lesson.transaction_id} taught is not used"
        for id_, _ in lesson.resolves:
            command = Hold(
                transaction_id=id_, user=self._desk.user, reason=why, command_id=f"{self._key(message)}:{id_}"
            )
            self._done.append(self._review().apply(command))
        self._moved(message, self._answers["not-used"].format(n=len(lesson.resolves)))

    def _moved(self, message: Mapping[str, Any], text: str) -> None:
        """Answers with everything in the queue that is not as it was."""
        before = {row["id"]: row for row in self._rows}
        self._pressing = None
        self._rows = cases.rows(self._desk)
        now = {row["id"] for row in self._rows}
        for id_ in before:
            self._versions.pop(id_, None)
        self._send({
            "type": "decided", "key": message["key"], "text": text, "gone": [id_ for id_ in before if id_ not in now],
            "rows": [row for row in self._rows if before.get(row["id"]) != row],
        })  # fmt: skip

    # --- the common part ----------------------------------------------------------------------------------------

    def _review(self) -> ReviewDesk:
        return self._desk.app.review_desk(self._desk.as_of)

    def _key(self, message: Mapping[str, Any]) -> str:
        return f"{self._sitting}:{message.get('key', '')}"

    def _why(self, message: Mapping[str, Any]) -> str:
        return f"review grid: {message['command']}"

    def _command(self, message: Mapping[str, Any], reason: str) -> Command:
        """The typed command of a message. Raises AmountError and what the command itself refuses."""
        id_, name = str(message["id"]), str(message["command"])
        values: Mapping[str, Any] = message.get("values") or {}
        who = {
            "user": self._desk.user, "reason": reason, "seen": self._versions.get(id_, ""),
            "command_id": self._key(message) if message.get("key") else "",
        }  # fmt: skip
        return command_of(name, id_, values, self._desk.app.inquiries.currency_of(id_), who)

    def _row(self, id_: str) -> Mapping[str, Any] | None:
        return next((row for row in self._rows if row["id"] == id_), None)

    def _fresh(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """How these cases stand now; those that no longer wait are not among them."""
        if not ids:
            return []
        if self._pressing is None:
            self._pressing = cases.pressing_of(self._desk)
        found = cases.rows(self._desk, ids, self._pressing)
        self._rows = [row for row in self._rows if row["id"] not in ids] + found
        for id_ in ids:
            self._versions.pop(id_, None)
        return found

    def _sum(self, totals: Mapping[str, int]) -> str:
        return ", ".join(formats.money(minor, currency, self._desk.language) for currency, minor in totals.items())

    def _told(self, name: str, decided: Decided, id_: str) -> str:
        if decided.request_id:
            return self._answers["request"]
        return self._answers[name].format(what=self._amount(decided))

    def _amount(self, decided: Decided) -> str:
        return formats.money(decided.amount_minor, decided.currency, self._desk.language)

    def _refuse(self, message: Mapping[str, Any], text: str, *, stale: bool = False) -> None:
        rows = self._fresh([str(message["id"])]) if stale and message.get("id") else []
        self._send({
            "type": "refused", "id": message.get("id"), "key": message.get("key"), "text": text, "stale": stale,
            "rows": rows, "gone": bool(stale and not rows),
        })  # fmt: skip
