"""What to say when VAT of a posting cannot be split as it should."""

from __future__ import annotations

from pipelines.chart import Chart
from pipelines.model.finding import Finding, Severity


def rate_finding(chart: Chart, invoice_number: str, tax_rate_basis_points: int | None) -> Finding | None:
    """The finding about a rate that is not known, or has no accounts in the chart; None when all is well."""
    if chart.knows_rate(tax_rate_basis_points):
        return None
    if tax_rate_basis_points is None:
        return Finding(
            "tax-rate-unknown",
            Severity.INFO,
            invoice_number,
            f"The tax rate of invoice {invoice_number} is not known: its reduction was posted without VAT. "
            "Load the receivable with its tax_rate and correct the posting if VAT is due.",
        )
    percent = f"{tax_rate_basis_points / 100:g} %"
    split = chart.taxed("revenue_reduction", tax_rate_basis_points) is not None
    how = "VAT was posted to the general account" if split else "it was posted without VAT"
    return Finding(
        "tax-rate-without-account",
        Severity.WARNING,
        invoice_number,
        f"The chart {chart.name} has no VAT account for {percent} (invoice {invoice_number}): {how}. "
        f"Add the rate to [vat] of the chart file and check the posting.",
    )
