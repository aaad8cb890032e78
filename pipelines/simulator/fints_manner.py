"""How a simulated bank does FinTS."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.simulator import fints_bpd


@dataclass(slots=True)
class Manner:
    """How this bank does FinTS, because banks differ.

    bank_code: its Bankleitzahl for FinTS; clients know real ones and their oddities, so it is nobody's. camt, mt940:
    which statement orders it knows; versions: of HKKAZ and HKSAL. days: how far back statements are kept.
    one_step: no TAN methods at all. tan_at: asks for the TAN when the dialogue opens ("init") or with the first
    statement order ("statements"). documents: camt documents per page; page_bytes: MT940 bytes per page. wrong_pin,
    locked: its return codes. products: product ids it accepts, () for any. waits: of decoupled confirmations, see
    ``fints_bpd``.
    """

    name: str = "Probebank"
    bank_code: str = "12345678"
    camt: bool = True
    mt940: bool = True
    versions: tuple[int, ...] = (5, 6, 7)
    days: int = 120
    one_step: bool = False
    tan_at: str = "statements"
    documents: int = 3
    page_bytes: int = 6_000
    wrong_pin: str = "9942"
    locked: str = "3938"
    products: tuple[str, ...] = ()
    waits: tuple[int, int, int] = (fints_bpd.POLLS, fints_bpd.FIRST_WAIT, fints_bpd.NEXT_WAIT)
