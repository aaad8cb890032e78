"""``backtest.ipynb``: what another policy would have done last month, and what stated probabilities are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from desk import formats, trial_charts
from desk.charts import Picture
from desk.opening import Desk
from desk.tables import Facts, Note, Sheet, Table, columns, sheet
from desk.trial_words import WORDS
from desk.vocabulary import Say
from pipelines.learning.reasons import seen
from pipelines.policy import Policy
from pipelines.usecases.rehearse import Rehearsal

_KINDS = ("posted_then", "posted_now", "newly_posted", "lost", "changed", "known_wrong")
# Fewer known cases than this say nothing about calibration.
_ENOUGH = 30


@dataclass(frozen=True, slots=True)
class Trial:
    """A finished rehearsal. in_force: the policy of the configuration. lenient: the policy's own survival days left too
    few known cases, so that every post nobody has taken back so far counts as right."""

    desk: Desk
    done: Rehearsal
    in_force: Policy
    lenient: bool

    @property
    def _say(self) -> Say:
        return Say(self.desk.language, WORDS)

    def _repr_mimebundle_(self, **_asked: Any) -> dict[str, str]:
        return self.overview()._repr_mimebundle_()

    def overview(self) -> Sheet:
        """The change, and what it would have done in payments, invoices and euros."""
        say, language = self._say, self.desk.language
        first, last = (formats.day(day, language) for day in self.done.period)
        figures = self.done.comparison.figures()
        rows = [
            [say(f"kind.{kind}"), formats.whole(figures[kind]["payments"], language),
             formats.whole(figures[kind]["invoices"], language),
             self._amounts(figures[kind]["amount"])]
            for kind in _KINDS
        ]  # fmt: skip
        heads = columns(say("what"), f">{say('payments')}", f">{say('invoices')}", f">{say('amount')}")
        tones = {(len(rows) - 1, 1): "bad"} if figures["known_wrong"]["payments"] else {}
        return sheet(
            Facts(say("head", first=first, last=last), self._changes()),
            Table(say("effect"), heads, rows, tones=tones),
            Note(say("nothing-stored"), soft=True),
        )

    def _amounts(self, sums: Mapping[str, str]) -> str:
        language = self.desk.language
        found = [formats.decimal(amount, currency, language) for currency, amount in sums.items()]
        return " · ".join(found) or formats.money(0, "EUR", language)

    def _changes(self) -> list[tuple[str, str]]:
        say = self._say
        found = [(name, f"{_told(old, name, self.desk.language)} → {_told(new, name, self.desk.language)}")
                 for name, old, new in _differences(self.in_force.values, self.done.policy.values)]  # fmt: skip
        named = [(say(f"setting.{name}") if say.has(f"setting.{name}") else name, told) for name, told in found]
        return [(say("mornings"), str(self.done.mornings)), *(named or [(say("policy"), say("as-it-is"))])]

    def days(self) -> Picture:
        """Payments per booking day: what would have posted by itself, what would have waited."""
        return trial_charts.days_picture(self.done.comparison, self._say, self.desk.language)

    def changes(self) -> Table:
        """Every payment that would have gone another way."""
        say, language = self._say, self.desk.language
        rows = [
            [formats.day(one.booking_date, language), one.transaction_id[:8],
             formats.money(one.amount_minor, one.currency, language), say(f"short.{one.kind}"),
             self._invoices(one.then), self._invoices(one.now),
             {None: "", True: say("right"), False: say("wrong")}[one.right], seen(one.pattern, language)]
            for one in self.done.comparison.changes if one.kind != "same" or one.right is False
        ]  # fmt: skip
        heads = columns(f"!{say('booking-date')}", f"!{say('id')}", f">{say('amount')}", f"!{say('what')}", say("then"),
                        say("now"), say("known"), say("shown"))  # fmt: skip
        return Table(say("changes"), heads, rows, empty=say("no-changes"), most=20, more=say("more-rows"))

    def _invoices(self, effects: Mapping[str, int]) -> str:
        return ", ".join(number or self._say("on-account") for number in sorted(effects))

    def risk(self) -> Picture:
        """How many of what posts by itself are wrong, against how much posts by itself."""
        return trial_charts.risk_picture(self.done, self._say, self.desk.language, lenient=self.lenient)

    def reliability(self) -> Picture | Note:
        """Stated probabilities against what came true."""
        if not self.done.known:
            return Note(self._say("nothing-known"))
        return trial_charts.reliability_picture(self.done, self._say, self.desk.language, lenient=self.lenient)


def trial(
    desk: Desk,
    policy: str | Path | None = None,
    *,
    changes: Mapping[str, Any] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Trial:
    """Replays the last month (or first to last) under a policy file, with ``changes`` to it, or under the policy in
    force. Stores nothing. Raises ConfigurationError for a policy that is not one, or days without any run."""
    before = desk.as_of.replace(day=1) - timedelta(days=1)
    period = (first or (last or before).replace(day=1), last or before)
    room = desk.app.schoolroom
    file = Path(policy) if policy else None
    done = room.rehearse(period, desk.as_of, file, changes, enough=_ENOUGH)
    return Trial(desk, done, desk.app.policy, lenient=done.survival_days == 0)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = []
    for key in new:
        name = f"{path}{key}"
        if isinstance(new[key], Mapping) and isinstance(old.get(key), Mapping):
            found += _differences(old[key], new[key], f"{name}.")
        elif new[key] != old.get(key):
            found.append((name, old.get(key), new[key]))
    return found


def _told(value: Any, name: str, language: str) -> str:
    if name.endswith("_minor") and isinstance(value, int):
        return formats.money(value, "EUR", language) if value else "–"
    if isinstance(value, float):
        return formats.number(value, 4 if abs(value) < 1 else 2, language)
    return str(value)
