"""Return, new collection and transfer: what came back was paid twice. Found, told, and proposed for a refund."""

from __future__ import annotations

from datetime import date

from pipelines.model.finding import Finding, Severity
from pipelines.ports.work import Books

PAID_TWICE = "paid-twice"


def find_paid_twice(books: Books, as_of: date) -> dict[str, int]:
    """Stores a finding for each waiting payment of an item that was returned and is settled again; counts
    ``paid_twice``. The payment stays in clearing: putting it on the debtor's account is a person's decision."""
    with books.read() as work:
        found = work.operations.twice_paid()
        known = {finding.subject for finding in work.findings.open(codes=[PAID_TWICE])} if found else set()
    new = [one for one in found if one[0] not in known]
    if not new:
        return {}
    with books.lease("post", as_of), books.write() as work:
        work.findings.add([_finding(*one) for one in new])
    return {"paid_twice": len(new)}


def _finding(transaction_id: str, invoice_number: str, debtor_number: str) -> Finding:
    return Finding(
        PAID_TWICE,
        Severity.WARNING,
        transaction_id,
        f"Invoice {invoice_number} came back, was paid again, and this payment pays it once more. Put it on the "
        f"account of debtor {debtor_number} (review assign --debtor {debtor_number}), then refund it "
        f"(review refund --debtor {debtor_number}); direct-debit money is provisional for eight weeks.",
    )
