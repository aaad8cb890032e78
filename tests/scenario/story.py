"""Stories: a statement, open items and decisions in plain text, and what must come of them.

    # What it shows.
    chart SKR03 SKR04
    config [differences]\\nunder_item = "5.00"
    invoice RE-1001 10001 119.00 tax_rate=19
    debtor 10001 name=Nord
    collection E2E-1 M-1 RE-1001 119.00 2026-10-05
    day 2026-10-05
      119.00 B1 RE-1001
      -122.00 B2 Ruecklast gvc=109 end_to_end=E2E-1 mandate=M-1 reason=AM04 original=119.00
    do 2026-10-06 refund --debtor 10001
    refused 2026-10-06 refund --debtor 10001
    plans [[plans]]\nname = "firm"\n…
    dunning 2026-10-06 block --debtor 10001
    show findings

``day`` drops one CAMT statement (its balances add up by themselves) and runs the day; ``do`` is ``review …`` of that
day, ``dunning`` is ``dunning …``; ``%1`` in a booking too, ``@list`` the oldest list that waits for a release;
``$B1`` stands for the transaction with that bank reference, ``%1`` for the first decision's id. What follows the
line ``--- expected SKR03`` is compared; ``make stories`` writes it anew (read the difference before you commit it).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from unittest import mock

import pandas as pd

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.cli import run as command_line
from tests.builders import Line, camt053, write_csv

FOLDER = Path(__file__).parent / "stories"
MARK = "--- expected "
_SHOWN = {
    "journal": ("posting_number", "booking_date", "cause", "account", "debit", "credit", "debtor_number",
                "invoice_number"),
    "open-items": ("invoice_number", "debtor_number", "amount", "open_amount", "provisional_until", "written_off",
                   "status"),
    "triggers": ("invoice_number", "reason", "level", "open_amount", "state", "hold_reason"),
    "allocations": ("invoice_number", "debtor_number", "amount", "kind", "disposition", "rule", "law"),
    "refunds": ("debtor_number", "invoice_number", "amount", "execution_day", "state"),
    "returns": ("invoice_number", "reason_code", "original_amount", "charges", "state"),
    "findings": ("code", "severity", "resolved"),
    "transactions": ("booking_date", "amount", "kind", "state", "unallocated"),
}  # fmt: skip
_ALWAYS = ("journal", "open-items", "triggers")


@dataclass
class Story:
    """A story as written. steps: its lines above the mark; expected: chart → text."""

    path: Path
    steps: list[str]
    expected: dict[str, str] = field(default_factory=dict)

    @property
    def charts(self) -> list[str]:
        named = [step.split()[1:] for step in self.steps if step.startswith("chart ")]
        return named[0] if named else ["SKR03"]

    def save(self) -> None:
        told = [f"{MARK}{chart}\n{self.expected[chart]}" for chart in self.charts]
        self.path.write_text("\n".join([*self.steps, *told]), encoding="utf-8")


def read(path: Path) -> Story:
    """A story from its file."""
    head, *parts = path.read_text(encoding="utf-8").split(f"\n{MARK}")
    expected = {}
    for part in parts:
        chart, _, text = part.partition("\n")
        expected[chart.strip()] = text
    return Story(path, head.split("\n"), expected)


def stories() -> list[Story]:
    """All of them, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.txt"))]


class StoryFailed(AssertionError):
    """A step did not end as the story says."""


class Teller:
    """Tells one story through the command line, in a folder and a database of its own."""

    def __init__(self, folder: Path, database: str, chart: str) -> None:
        self._folder = folder
        self._database = database
        self._chart = chart
        self._config = ""
        self._rows: dict[str, list[dict[str, str]]] = {"receivables": [], "debtors": [], "collections": []}
        self._balance = 0
        self._statements = 0
        self._references: dict[str, str] = {}
        self._decisions: list[str] = []
        self._loaded: dict[str, int] = {}

    def tell(self, story: Story) -> str:
        """Everything that came of it, as text."""
        for number, step in enumerate(story.steps, 1):
            try:
                self._step(step, story.steps[number:])
            except StoryFailed as failed:
                raise StoryFailed(f"{story.path.name}:{number}: {failed}") from None
        shown = [name for step in story.steps if step.startswith("show ") for name in step.split()[1:]]
        self._write_config()
        with Kontoklar(config.load(self._file(), self._database), clock=lambda: "2026-12-31T00:00:00+00:00") as app:
            tables = [_table(name, app.inquiries.table(name)) for name in dict.fromkeys([*_ALWAYS, *shown])]
            _, proofs = app.check()
        broken = [f"{proof.name}: {proof.detail}" for proof in proofs if not proof.ok]
        if broken:
            raise StoryFailed(f"{story.path.name}: {'; '.join(broken)}")
        return "\n".join(tables) + "\n"

    # --- steps ----------------------------------------------------------------------------------------------------

    def _step(self, step: str, following: list[str]) -> None:
        if not step.strip() or step.startswith(("#", " ", "chart ", "show ")):
            return
        verb, _, rest = step.partition(" ")
        if verb == "config":
            self._config += rest.replace("\\n", "\n") + "\n"
        elif verb == "invoice":
            number, debtor, amount, *more = shlex.split(rest)
            row = {"invoice_number": number, "debtor_number": debtor, "amount": amount, "issue_date": "2026-09-15",
                   "due_date": "2026-10-15", **_options(more)}  # fmt: skip
            self._rows["receivables"] = [
                one for one in self._rows["receivables"] if one["invoice_number"] != number
            ] + [row]  # fmt: skip
            self._loaded.pop("receivables", None)
        elif verb == "debtor":
            number, *more = shlex.split(rest)
            self._rows["debtors"].append({"debtor_number": number, "name": number, **_options(more)})
        elif verb == "collection":
            end_to_end, mandate, invoice, amount, day = shlex.split(rest)
            self._rows["collections"].append(
                {"end_to_end_id": end_to_end, "mandate_id": mandate, "invoice_number": invoice, "amount": amount,
                 "collection_date": day}
            )  # fmt: skip
        elif verb == "day":
            bookings = []
            for line in following:
                if not line.startswith(" "):
                    break
                bookings.append(line)
            self._day(date.fromisoformat(rest.strip()), bookings)
        elif verb in ("do", "refused"):
            self._decide(verb, rest)
        elif verb == "dunning":
            self._decide("do", rest, group="dunning")
        elif verb == "plans":
            (self._folder / "plans.toml").write_text(rest.replace("\\n", "\n"), encoding="utf-8")
            self._config += '[dunning]\nplans = "plans.toml"\n'
        else:
            raise StoryFailed(f"nobody knows the step {verb!r}")

    def _day(self, day: date, bookings: list[str]) -> None:
        self._load(day)
        lines = [_booking(re.sub(r"%(\d+)", lambda m: self._decisions[int(m[1]) - 1], text)) for text in bookings]
        self._statements += 1
        path = self._folder / f"statement-{self._statements}"
        opening = f"{self._balance / 100:.2f}"
        path.write_bytes(camt053(day, opening, *lines, number=self._statements))
        self._balance += sum(line.cents for line in lines)
        self._command("run", "--as-of", day.isoformat(), "--file", str(path), codes=(0, 1))
        for line in lines:
            self._references[line.ref] = line.ref

    def _load(self, day: date) -> None:
        for kind, rows in self._rows.items():
            if rows and self._loaded.get(kind) != len(rows):
                path = write_csv(self._folder / f"{kind}.csv", rows)
                self._command("load", kind, str(path), "--as-of", day.isoformat(), codes=(0, 1))
                self._loaded[kind] = len(rows)

    def _decide(self, verb: str, rest: str, group: str = "review") -> None:
        day, *words = shlex.split(rest)
        self._load(date.fromisoformat(day))
        arguments = [self._named(word) for word in words]
        if "--user" not in arguments:
            arguments += ["--user", "anna"]
        arguments += ["--reason", "see ticket 7", "--as-of", day]
        answer = self._command(group, *arguments, codes=(0,) if verb == "do" else (2,))
        if verb == "do" and group == "review":
            self._decisions.append(str(answer.get("request_id") or answer.get("decision_id", "")))

    def _named(self, word: str) -> str:
        if word == "@list":
            (first, *_) = self._command("dunning", "proposals", "--as-of", "2027-12-31")["lists"]  # type: ignore[misc]
            return str(first["list_id"])
        if word.startswith("$"):
            return word[1:]
        return self._decisions[int(word[1:]) - 1] if word.startswith("%") else word

    def _command(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> dict[str, object]:
        self._write_config()
        printed = io.StringIO()
        who = mock.patch.dict(os.environ, {"KONTOKLAR_USER": "cron"})
        with who, contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            code = command_line(
                ["--config", str(self._file()), "--database", self._database, *arguments, "--json"]
            )  # fmt: skip
        answer: dict[str, object] = json.loads(printed.getvalue())
        if code not in codes:
            raise StoryFailed(f"{' '.join(arguments)} ended with {code}: {answer.get('error', '')}")
        return answer

    def _file(self) -> Path:
        return self._folder / "kontoklar.toml"

    def _write_config(self) -> None:
        company = f'[company]\nname = "Muster Handels GmbH"\nmode = "test"\nchart = "{self._chart}"\n'
        self._file().write_text(company + self._config, encoding="utf-8")


def _options(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words)


def _booking(text: str) -> Line:
    amount, reference, *more = shlex.split(text)
    options = _options([word for word in more if "=" in word])
    said = " ".join(word for word in more if "=" not in word)
    return Line(amount, ref=reference, text=said, **options)


def _table(name: str, frame: pd.DataFrame) -> str:
    columns = list(_SHOWN[name])
    told = frame[columns].to_numpy().tolist()
    # Findings stand in the order of the clock, to the second: how fast the story was told must not matter.
    rows = [columns, *(sorted(told) if name == "findings" else told)]
    rows = [[str(cell) or "·" for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"{name}:", *(f"  {line}" for line in lines)])
