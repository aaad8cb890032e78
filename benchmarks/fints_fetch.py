"""Fetching statements by FinTS, beside python-fints' own call against the same bank in the same run.

    python benchmarks/fints_fetch.py [--accounts 20] [--per-day 5] [--rounds 3] [--json]

Measured: CPU time of the client for all accounts of a login, documents unread. The bank runs in a process of its own.
The library's call gives up the balance, the check of every return code and of holes between pages; with logging left
at its default it still renders every message for its log.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fints.client import FinTS3PinTanClient

from pipelines.model.statement import Document
from pipelines.ports.source import Window
from pipelines.secret import Secret
from pipelines.simulator.fints_server import FintsServer
from pipelines.simulator.generate import PIN, USER, generate
from sources.fints import build

TODAY = date(2026, 10, 30)
BANK_CODE = "12345678"


def bank(accounts: int, per_day: float, told: Connection) -> None:
    """The bank's process: says its address and the number of bookings, and stays until it is told to go."""
    world = generate(20_261_121, accounts=accounts, days=30, per_day=per_day, today=TODAY)
    with FintsServer(world) as server:
        told.send((server.url, sum(len(world.booked(one.iban)) for one in world.accounts)))
        told.recv()


def ours(url: str) -> int:
    """Bytes of documents by our source."""
    options = {"server": url, "bank_code": BANK_CODE, "user": USER, "pin": Secret("env", "BENCHMARK_PIN")}
    source = build({"name": "bank", "product_id": "BENCHMARK", **options})
    arrived = source.fetch(Window(TODAY))
    return sum(len(one.content) for one in arrived if isinstance(one, Document))


def theirs(url: str) -> int:
    """Bytes of documents by the library's own call."""
    client = FinTS3PinTanClient(BANK_CODE, USER, PIN, url, product_id="BENCHMARK")
    client.fetch_tan_mechanisms()
    size = 0
    with client:
        for account in client.get_sepa_accounts():
            booked, pending = client.get_transactions_xml(account)
            size += sum(len(one) for one in (*booked, *pending) if one)
    return size


def cpu(call: Callable[[str], int], url: str, rounds: int) -> tuple[float, int]:
    """Median CPU seconds, and what the call returned."""
    taken, size = [], 0
    for _ in range(rounds):
        start = time.process_time()
        size = call(url)
        taken.append(time.process_time() - start)
    return statistics.median(taken), size


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--per-day", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    os.environ["BENCHMARK_PIN"] = PIN
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=bank, args=(given.accounts, given.per_day, there))
    process.start()
    url, bookings = here.recv()
    try:
        library, library_bytes = cpu(theirs, url, given.rounds)
        own, own_bytes = cpu(ours, url, given.rounds)
    finally:
        here.send("stop")
        process.join()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "accounts": given.accounts,
        "bookings": bookings,
        "kib": round(own_bytes / 1024),
        "library_kib": round(library_bytes / 1024),
        "source_cpu_seconds": round(own, 2),
        "library_cpu_seconds": round(library, 2),
        "ratio": round(own / library, 2),
        "bookings_per_second": round(bookings / own),
        "peak_mib": round(peak, 1),
    }
    if given.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name.replace('_', ' '):24} {figure:>12}")


if __name__ == "__main__":
    main()
