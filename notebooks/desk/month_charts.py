"""Pictures of a month: open items by age, bank balances."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.dates import date2num
from matplotlib.figure import Figure

from desk import formats
from desk.charts import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Picture,
    date_axis,
    draw,
    label,
    money_axis,
    subtitle,
)  # fmt: skip
from desk.vocabulary import Say
from pipelines.closing.aged import BUCKETS, Aged
from pipelines.closing.proof import AccountProof

# From not due to very late: light to dark as well, so that it reads in grey.
_AGE = {"current": (SKY, ""), "1-30": (ORANGE, ""), "31-60": (VERMILION, "///"), "61-90": (PURPLE, "xxx"),
        "91+": (INK, "..."), "credit": (GREEN, "\\\\\\")}  # fmt: skip
_TOP = 10
_LINES = ((BLUE, "-"), (VERMILION, "--"), (GREEN, "-."), (PURPLE, ":"))


def aged_picture(found: Aged, currency: str, say: Say, language: str) -> Picture:
    """Left: all open items by age. Right: the largest debtors, each bar by age."""
    sums = found.sums(currency)
    owed = sum(minor for bucket, minor in sums.items() if bucket != "credit")
    title = say("aged", day=formats.day(found.day, language))
    told = say("aged-under", sum=formats.money(owed, currency, language),
               due=formats.money(owed - sums["current"], currency, language))  # fmt: skip
    debtors = [one for one in found.debtors(currency) if sum(one[1].values()) > 0][:_TOP]

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, width_ratios=(4, 5))
        subtitle(left, title, told)
        shown = [one for one in BUCKETS if one != "credit" or sums[one]]
        for place, bucket in enumerate(shown):
            colour, hatch = _AGE[bucket]
            left.bar(place, sums[bucket], color=colour, hatch=hatch, edgecolor="white", width=0.7)
            left.annotate(formats.whole(round(sums[bucket] / 10 ** formats.decimals(currency)), language),
                          (place, max(sums[bucket], 0)), xytext=(0, 3), textcoords="offset points", ha="center",
                          fontsize=8)  # fmt: skip
        left.set_xticks(range(len(shown)), [say(f"bucket.{one}").replace(" ", "\n", 1) for one in shown], fontsize=8)
        left.axhline(0, color=INK, linewidth=0.8)
        left.grid(axis="x", visible=False)
        left.set_ylabel(currency)
        money_axis(left, language, currency)
        subtitle(right, say("top"), " ")
        for place, (_, parts) in enumerate(debtors):
            at = 0
            for bucket in BUCKETS[:-1]:
                colour, hatch = _AGE[bucket]
                right.barh(place, parts[bucket], left=at, color=colour, hatch=hatch, edgecolor="white", height=0.68)
                at += parts[bucket]
        names = [label(f"{number} {found.names.get(number, '')}".strip(), 26) for number, _ in debtors]
        right.set_yticks(range(len(debtors)), names, fontsize=8)
        right.invert_yaxis()
        right.grid(axis="y", visible=False)
        right.set_xlabel(currency)
        money_axis(right, language, currency, across=True)

    return draw(f"{title}: {told}", paint, (11.0, 4.3))


def bank_picture(accounts: Sequence[AccountProof], currency: str, say: Say, language: str) -> Picture:
    """Balances by day, one line an account; a dot where the bank states the balance, a cross where it differs."""
    title = say("bank-picture", unit=currency)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        subtitle(axes, title, say("bank-under"))
        for place, one in enumerate(accounts):
            colour, style = _LINES[place % len(_LINES)]
            name = formats.masked(one.account)
            mark = say("proven") if one.proven else say("not-proven")
            axes.step([date2num(day.day) for day in one.days], [day.ledger_minor for day in one.days], where="post",
                      color=colour, linestyle=style, linewidth=1.8, label=f"{name} ({mark})")  # fmt: skip
            for agrees, sign, shade in ((True, "o", colour), (False, "X", VERMILION)):
                stated = [day for day in one.days if day.bank_minor is not None and day.agrees is agrees]
                axes.plot([date2num(day.day) for day in stated], [day.bank_minor or 0 for day in stated], sign,
                          color=shade, markersize=5 if agrees else 10, linestyle="none")  # fmt: skip
        axes.axhline(0, color=INK, linewidth=0.8)
        money_axis(axes, language, currency)
        if accounts:
            date_axis(axes, language)
            axes.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)

    told = "; ".join(f"{formats.masked(one.account)} {formats.money(one.closing_minor, currency, language)}"
                     for one in accounts)  # fmt: skip
    return draw(f"{title}: {told}", paint, (10.0, 4.0))
