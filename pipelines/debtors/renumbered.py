"""Finds debtors that the billing system seems to have given another number: one external id under two numbers."""

from __future__ import annotations

from datetime import date
from typing import Final

from pipelines.model.finding import Finding, Severity
from pipelines.ports.work import Books

CODE: Final = "debtor-renumbered"


def note_renumbered(books: Books, as_of: date) -> list[Finding]:
    """Stores a finding per suspected renumbering and settles those that were joined; returns what is suspected now.

    A person says whether it is one (``debtor renumber --join``): joining two customers by mistake cannot be undone.
    """
    with books.read() as work:
        pairs: list[tuple[str, ...]] = work.debtors.shared_external_ids()
        open_: list[Finding] = work.findings.open(codes=[CODE])
    found = [_finding(numbers) for numbers in pairs]
    settled = {finding.finding_id for finding in open_} - {finding.finding_id for finding in found}
    if not settled and not found:
        return []
    with books.lease("load", as_of), books.write() as work:
        work.findings.add(found)
        work.findings.resolve(sorted(settled), "the numbers belong to one debtor, or no longer share an external id")
    return found


def _finding(numbers: tuple[str, ...]) -> Finding:
    return Finding(
        CODE,
        Severity.WARNING,
        numbers[-1],
        f"The debtors {', '.join(numbers)} have one external id. If {numbers[-1]} is the new number of {numbers[0]}: "
        f"kontoklar debtor renumber {numbers[0]} {numbers[-1]} --join; else correct the external id.",
    )
