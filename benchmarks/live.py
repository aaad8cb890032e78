"""Many accounts in one pull: speed, memory, and what bounds it.

    python -m benchmarks.live --accounts 1000 --bookings 100

Starts the simulated finAPI in a process of its own, pulls every account into an empty SQLite in another, and holds the
bookings against the truth. The ratio is against bare httpx reading the same pages one after the other, without
checking, storing or proving anything. Seeds from 1000 are for reports.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

START = date(2026, 10, 1)


def world_of(seed: int, accounts: int, bookings: int) -> Any:
    from random import Random

    from pipelines.demo import names
    from pipelines.demo.payments import Payment
    from pipelines.simulator.generate import PIN, USER
    from pipelines.simulator.world import BankAccount, Login, World, bank_days, number_references

    rng = Random(seed)
    own = tuple(
        BankAccount(names.iban("10050000", 1_000_000 + number), "Probe GmbH", rng.randrange(10**7))
        for number in range(accounts)
    )
    days = list(bank_days(START, date(2026, 10, 31)))
    payments = [
        Payment(
            account.iban,
            days[place * len(days) // bookings],
            rng.randrange(100, 500_000),
            "166",
            name=f"Kunde {rng.randrange(10**6)}",
            iban=names.iban("50010517", rng.randrange(10**6, 10**10)),
            text=f"RE-2026-{rng.randrange(10**6):06d}",
            end_to_end_id=f"E{rng.randrange(10**9)}",
        )
        for account in own
        for place in range(bookings)
    ]
    number_references(payments)
    login = Login(USER, PIN, tuple(account.iban for account in own))
    return World(own, (login,), payments, START, date(2026, 10, 31))


def serve(seed: int, accounts: int, bookings: int) -> None:
    """The bank, until its standard input ends."""
    from pipelines.simulator.bank import SimulatedBank

    with SimulatedBank(world_of(seed, accounts, bookings)) as bank:
        bank.state.polls = 0
        print(bank.finapi.url, flush=True)
        sys.stdin.read()


def pull(url: str, folder: Path, concurrency: int, *, profile: bool) -> dict[str, Any]:
    """One pull of everything into an empty database."""
    from pipelines.app import Kontoklar
    from pipelines.config import Company, Part, Settings
    from pipelines.secret import Secret
    from pipelines.simulator.finapi_state import Credentials

    known = Credentials()
    secrets = {}
    for name in ("client_id", "client_secret", "username", "password"):
        os.environ[f"BENCH_{name}"] = getattr(known, name)
        secrets[name] = Secret("env", f"BENCH_{name}")
    options = {"base_url": url, "since": START, "concurrency": concurrency, **secrets}
    settings = Settings(
        company=Company(mode="test"),
        database_url=f"sqlite:///{folder / 'bench.db'}",
        sources=(Part("finapi", "finapi", options),),
    )
    watch = cProfile.Profile()
    with Kontoklar(settings, clock=lambda: "2026-11-01T06:00:00+00:00") as app:
        app.init()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started, cpu = time.perf_counter(), time.process_time()
        if profile:
            watch.enable()
        with app.books.lease("pull", date(2026, 10, 31)):
            job = app.begin_pull(date(2026, 10, 31))
            step = app.take(job, date(2026, 10, 31))
            taken, taken_cpu = time.perf_counter(), time.process_time()
            for key in job.accounts():
                step.add(app.settle(job, key, date(2026, 10, 31)))
            job.close()
        watch.disable()
        ended, ended_cpu = time.perf_counter(), time.process_time()
        proofs = app.check()[1]
    if profile:
        pstats.Stats(watch, stream=sys.stderr).sort_stats("cumulative").print_stats(45)
        pstats.Stats(watch, stream=sys.stderr).sort_stats("tottime").print_stats(25)
    return {
        "bookings_new": step.counts["bookings_new"], "held": step.counts["held"], "proven": step.counts["proven"],
        "unavailable": step.unavailable, "seconds": round(ended - started, 1), "cpu_seconds": round(ended_cpu - cpu, 1),
        "fetch_and_read_seconds": round(taken - started, 1), "fetch_and_read_cpu": round(taken_cpu - cpu, 1),
        "settle_seconds": round(ended - taken, 1), "settle_cpu": round(ended_cpu - taken_cpu, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "mib_before": before // 1024,
        "database_mib": round((folder / "bench.db").stat().st_size / 2**20, 1),
        "invariants_hold": all(proof.ok for proof in proofs),
    }  # fmt: skip


def bare(url: str) -> dict[str, Any]:
    """httpx and nothing else: one connection, every page, parsed as JSON."""
    import httpx

    from pipelines.simulator.finapi_state import Credentials

    known = Credentials()
    started, cpu, rows = time.perf_counter(), time.process_time(), 0
    with httpx.Client(base_url=url, timeout=60) as client:
        form = {"grant_type": "password", "client_id": known.client_id, "client_secret": known.client_secret,
                "username": known.username, "password": known.password}  # fmt: skip
        token = client.post("/api/v2/oauth/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        for account in client.get("/api/v2/accounts", headers=headers).json()["accounts"]:
            query = {"view": "bankView", "accountIds": account["id"], "perPage": 500, "order": "id,asc"}
            rows += len(client.get("/api/v2/transactions", params=query, headers=headers).json()["transactions"])
    return {
        "rows": rows, "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
    }  # fmt: skip


def _own(*arguments: str) -> dict[str, Any]:
    """This module in a process of its own; its JSON answer."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.live", *arguments], stdout=subprocess.PIPE, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def measure(seed: int, accounts: int, bookings: int, concurrency: int, *, profile: bool) -> dict[str, Any]:
    shape = ("--seed", str(seed), "--accounts", str(accounts), "--bookings", str(bookings))
    command = [sys.executable, "-m", "benchmarks.live", "--serve", *shape]
    with (
        tempfile.TemporaryDirectory() as name,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as bank,
    ):
        assert bank.stdout is not None
        url = bank.stdout.readline().strip()
        more = ("--profile",) if profile else ()
        pulled = _own("--pull", url, "--folder", name, "--concurrency", str(concurrency), *more)
        plain = _own("--bare", url)
        assert bank.stdin is not None
        bank.stdin.close()
    if pulled["bookings_new"] != accounts * bookings or plain["rows"] != accounts * bookings:
        raise SystemExit(f"bookings are missing: {pulled}, {plain}")
    return {
        "seed": seed, "accounts": accounts, "bookings": bookings, "concurrency": concurrency, **pulled, "bare": plain,
        "bookings_per_second": round(accounts * bookings / pulled["seconds"]),
        "ratio_to_bare": round(pulled["seconds"] / plain["seconds"], 1),
        "cpu_ratio_to_bare": round(pulled["cpu_seconds"] / plain["cpu_seconds"], 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--bookings", type=int, default=100, help="per account")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--profile", action="store_true", help="where the time goes, on stderr")
    for inner in ("--serve",):
        parser.add_argument(inner, action="store_true", help=argparse.SUPPRESS)
    for inner in ("--pull", "--bare", "--folder"):
        parser.add_argument(inner, default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.seed, given.accounts, given.bookings)
    elif given.pull:
        print(json.dumps(pull(given.pull, Path(given.folder), given.concurrency, profile=given.profile)))
    elif given.bare:
        print(json.dumps(bare(given.bare)))
    else:
        found = measure(given.seed, given.accounts, given.bookings, given.concurrency, profile=given.profile)
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
