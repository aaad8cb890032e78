"""One trial: a company, its payers and its banks, written as files, run day by day through the command line."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from .camt import Camt
from .companies import COMPANIES
from .debits import Debits
from .mt940 import Mt940
from .payers import Payers
from .several import Several
from .strangers import Strangers
from .traps import Traps
from .world import CREDITOR_ID, World

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = f"""[company]
name = "Trial GmbH"
creditor_id = "{CREDITOR_ID}"
chart = "SKR03"

[database]
url = "sqlite:///trial.db"

[[sinks]]
name = "dunning"
use = "file_drop"
path = "delivered"
"""


def working_days(first: date, count: int) -> list[date]:
    days: list[date] = []
    day = first
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    return days


def build(key: str, seed: int, payments: int, items: int, days: int) -> World:
    """The whole month, with its truth; the same seed gives the same files."""
    rng = random.Random(f"{key}/{seed}")
    world = World(COMPANIES[key], rng, items, working_days(date(2026, 10, 1), days))
    payers = Payers(world)
    several, strangers, traps = Several(world, payers), Strangers(world, payers), Traps(world, payers)
    debits = Debits(world, payers)
    returns = round(payments * 0.05)
    for day in range(days):
        debits.collect(day, max(3, returns * 4 // days))
        plan = {"clean": 55, "damaged": 20, "customer": 2.5, "name": 7.5, "several": 5, "strangers": 3, "traps": 2}
        today = [kind for kind, share in plan.items() for _ in range(spread(rng, payments * share / 100 / days))]
        today += ["return"] * (spread(rng, returns / max(1, days - 1)) if day else 0)
        rng.shuffle(today)
        for kind in today:
            before = len(world.bookings)
            try:
                {
                    "clean": payers.clean,
                    "damaged": payers.damaged,
                    "customer": payers.customer_only,
                    "name": payers.name_only,
                    "several": several.any,
                    "strangers": strangers.any,
                    "traps": traps.any,
                    "return": debits.come_back,
                }[kind](day)
            except LookupError:
                payers.clean(day)
            if kind == "clean":
                debits.received += (
                    [b for b in world.bookings[before:] if b.day == day][:1] if rng.random() < 0.05 else []
                )
    return world


def spread(rng: random.Random, wanted: float) -> int:
    return int(wanted) + (rng.random() < wanted % 1)


def decimal(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def write(world: World, folder: Path) -> list[list[Path]]:
    """Everything kontoklar is given; returns the statement files of each day."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kontoklar.toml").write_text(CONFIGURATION, encoding="utf-8")
    debtors = [{"debtor_number": d.number, "name": d.name, "ibans": d.iban if d.told else ""} for d in world.debtors]
    table(folder / "debtors.csv", debtors)
    table(
        folder / "receivables.csv",
        [
            {
                "invoice_number": i.number,
                "debtor_number": i.debtor.number,
                "amount": decimal(i.amount),
                "issue_date": i.issued.isoformat(),
                "due_date": i.due.isoformat(),
                "open_amount": decimal(i.open),
                "document_type": "credit_note" if i.credit else "invoice",
                "status": "cancelled" if i.cancelled else "open",
                "order_number": i.order,
                "creditor_reference": i.rf,
                "cash_discount_percent": str(i.percent or ""),
                "cash_discount_until": i.until.isoformat() if i.until else "",
                "payment_method": "direct_debit" if i.debtor.mandate else "transfer",
                "mandate_id": i.debtor.mandate or "",
            }
            for i in world.items
        ],
    )
    if world.collections:
        table(folder / "collections.csv", world.collections)
    first: Camt | Mt940 = Camt(world.company.camt, world.ours[0], tagged=world.company.key == "short")
    second = Mt940(world.ours[1], glued=world.company.key in ("plain", "dated"))
    balances = [1_000_000, 250_000]
    files: list[list[Path]] = []
    for place, day in enumerate(world.days):
        files.append([])
        for account, (writer, suffix) in enumerate(zip((first, second), ("xml", "sta"), strict=True)):
            bookings = [b for b in world.bookings if b.day == place and b.account == account]
            path = folder / "inbox" / f"{day}-{account}.{suffix}"
            path.parent.mkdir(exist_ok=True)
            path.write_text(writer.statement(place + 1, day, balances[account], bookings), encoding="utf-8", newline="")
            balances[account] += sum(b.amount for b in bookings)
            files[-1].append(path)
    truth = {ref: vars(t) for ref, t in world.truth.items()}
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    return files


def table(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def kontoklar(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Runs one command in its own process; returns exit code and the machine-readable object."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("KONTOKLAR_DATABASE", None)
    environment.pop("KONTOKLAR_CONFIG", None)
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments, "--json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return done.returncode, json.loads(done.stdout)
    except json.JSONDecodeError:
        return done.returncode, {"stdout": done.stdout[-2000:], "stderr": done.stderr[-2000:]}


EXPORTS = ("transactions", "proposals", "allocations", "returns", "journal", "open-items", "triggers")


def drive(world: World, folder: Path, files: list[list[Path]]) -> list[tuple[str, int, dict[str, Any]]]:
    """Loads, then runs each morning with the statements of the day before; exports at the end and triggers each day."""
    log: list[tuple[str, int, dict[str, Any]]] = []

    def step(*arguments: str) -> None:
        log.append((" ".join(arguments[:3]), *kontoklar(folder, *arguments)))

    step("init")
    step("load", "debtors", "debtors.csv")
    step("load", "receivables", "receivables.csv")
    if world.collections:
        step("load", "collections", "collections.csv")
    mornings = [*world.days[1:], working_days(world.days[-1] + timedelta(days=1), 1)[0]]
    for morning, paths in zip(mornings, files, strict=True):
        step("run", "--as-of", morning.isoformat(), "--file", *(str(path.relative_to(folder)) for path in paths))
    for name in EXPORTS:
        step("export", name, "--out", f"{name}.csv")
    step("check")
    return log
