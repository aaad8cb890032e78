"""The balance of a debtor's account over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from matplotlib.dates import date2num
from matplotlib.figure import Figure

from desk import formats
from desk.charts import BLUE, INK, ORANGE, SOFT, VERMILION, Picture, date_axis, draw, money_axis, subtitle
from pipelines.model.debtor_account import DebtorAccount, EntryKind

_WORDS = {
    "de": ("Saldo des Debitorenkontos ({unit})", "jeder Tag am Abend; {last}: {balance} offen, davon {due} überfällig",
           "Saldo", "davon überfällig", "Zahlung", "Rückgabe"),
    "en": ("Balance of the debtor's account ({unit})", "each evening; {last}: {balance} open, {due} of it overdue",
           "balance", "of it overdue", "payment", "return"),
}  # fmt: skip


def course(account: DebtorAccount, as_of: date, currency: str) -> tuple[list[date], list[int], list[int]]:
    """Days, balance of each evening, and what of it was owed on items past their due date."""
    lines = [line for line in account.lines() if line.currency == currency]
    if not lines:
        return [], [], []
    due = {one.facts.invoice_number: one.facts.due_date for one in account.accounts}
    by_day = defaultdict(list)
    for line in lines:
        by_day[line.day].append(line)
    first, last = min(by_day), max(as_of, max(by_day))
    days, balances, overdue = [], [], []
    open_by_item: dict[str, int] = defaultdict(int)
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        for line in by_day.get(day, ()):
            open_by_item[line.invoice_number] += line.effect_minor
        days.append(day)
        balances.append(sum(open_by_item.values()))
        overdue.append(sum(minor for item, minor in open_by_item.items() if minor > 0 and due.get(item, day) < day))
    return days, balances, overdue


def balance_picture(account: DebtorAccount, as_of: date, language: str, currency: str = "EUR") -> Picture:
    """Balance and overdue part as steps, payments and returns marked."""
    title, under, balance_name, due_name, paid_name, returned_name = _WORDS[language]
    days, balances, overdue = course(account, as_of, currency)
    told = under.format(
        last=formats.day(days[-1] if days else as_of, language),
        balance=formats.money(balances[-1] if days else 0, currency, language),
        due=formats.money(overdue[-1] if days else 0, currency, language),
    )
    heading = title.format(unit=currency)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        subtitle(axes, heading, told)
        axes.axhline(0, color=INK, linewidth=0.8)
        money_axis(axes, language, currency)
        if not days:
            return
        places = [date2num(day) for day in days]
        axes.step(places, balances, where="post", color=BLUE, linewidth=2, label=balance_name)
        axes.fill_between(places, overdue, step="post", facecolor=ORANGE, alpha=0.45, hatch="///", edgecolor=SOFT,
                          linewidth=0, label=due_name)  # fmt: skip
        evening = dict(zip(days, balances, strict=True))
        for kind, marker, colour, name in (
            (EntryKind.PAYMENT, "v", BLUE, paid_name), (EntryKind.RETURN_DEBIT, "X", VERMILION, returned_name),
        ):  # fmt: skip
            on = _days_of(account, kind, currency)
            if not on:
                continue
            axes.plot([date2num(day) for day in on], [evening[day] for day in on], marker, color=colour, markersize=8,
                      markeredgecolor="white", linestyle="none", label=name)  # fmt: skip
        date_axis(axes, language)
        axes.margins(x=0.01)
        axes.set_ylim(top=max(axes.get_ylim()[1], 1))
        axes.legend(loc="upper left", ncols=4, fontsize=9)
        axes.set_ylim(axes.get_ylim()[0], axes.get_ylim()[1] * 1.15)

    return draw(f"{heading}: {told}", paint)


def _days_of(account: DebtorAccount, kind: EntryKind, currency: str) -> Sequence[date]:
    return sorted({line.day for line in account.lines() if line.kind is kind and line.currency == currency})
