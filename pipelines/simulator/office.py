"""What an office needs to work with the simulated bank: a configuration file and open items."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.simulator.world import World

if TYPE_CHECKING:
    from pipelines.simulator.bank import SimulatedBank

_COMPANY = """\
{mark} Everything here is made up; start the simulator again and it is replaced.

[company]
name = "{name}"
mode = "test"

[database]
url = "sqlite:///kontoklar.db"

[[sinks]]
name = "dunning"
use = "file_drop"
path = "triggers"
mode = "test"
"""
_FINAPI = """\

[[sources]]
name = "finapi"
use = "finapi"
base_url = "{url}"
client_id = {{ file = "secrets/finapi-client-id" }}
client_secret = {{ file = "secrets/finapi-client-secret" }}
username = {{ file = "secrets/finapi-username" }}
password = {{ file = "secrets/finapi-password" }}
accounts = [{accounts}]
since = {since}
"""
_FINTS = """\

[[sources]]
name = "house-bank"
use = "fints"
server = "{url}"
bank_code = "{bank_code}"
user = {{ file = "secrets/fints-user" }}
pin = {{ file = "secrets/fints-pin" }}
product_id = {{ file = "secrets/fints-product-id" }}
accounts = [{accounts}]
since = {since}
"""


def configuration(running: SimulatedBank, *, mark: str = "# A simulated bank.") -> str:
    """A kontoklar.toml that takes half of the accounts through finAPI and the others through FinTS."""
    world = running.world
    ibans = [account.iban for account in world.accounts]
    half = (len(ibans) + 1) // 2
    text = _COMPANY.format(mark=mark, name=world.accounts[0].holder) + finapi_source(running, ibans[:half])
    return text + (fints_source(running, ibans[half:]) if ibans[half:] else "")


def finapi_source(running: SimulatedBank, ibans: list[str]) -> str:
    """The ``[[sources]]`` table of finAPI for these accounts."""
    return _FINAPI.format(url=running.finapi.url, accounts=_listed(ibans), since=running.world.start)


def fints_source(running: SimulatedBank, ibans: list[str]) -> str:
    """The ``[[sources]]`` table of FinTS for these accounts."""
    return _FINTS.format(
        url=running.fints.url,
        accounts=_listed(ibans),
        since=running.world.start,
        bank_code=running.manner.bank_code,
    )


def write_secrets(running: SimulatedBank, folder: Path) -> None:
    """The secret files that the configuration refers to, readable by their owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in running.secrets().items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(value + "\n", encoding="utf-8")


def _listed(ibans: list[str]) -> str:
    return ", ".join(f'"{iban}"' for iban in ibans)


def receivables(world: World) -> str:
    """The open items that the world's payers pay, as CSV; the header alone where there are none."""
    names = ["invoice_number", "debtor_number", "amount", "issue_date", "due_date", "debtor_name", "debtor_ibans"]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(world.receivables)
    return out.getvalue()
