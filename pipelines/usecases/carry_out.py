"""The post step as a whole: refunds the bank has carried out, the automatic part of the plan, what was paid twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pipelines.chart import Chart
from pipelines.ports.work import Books
from pipelines.small_differences import Limits
from pipelines.usecases.paid_twice import find_paid_twice
from pipelines.usecases.post import PostSummary, post
from pipelines.usecases.refunds import settle_refunds


def carry_out(
    books: Books, chart: Chart, as_of: date, limits: Limits, progress: Callable[[int, int], None] | None = None
) -> PostSummary:
    """Refunds first: money that bounced is credit again before anything else is posted. Counts of all three."""
    with books.lease("post", as_of):
        refunds = settle_refunds(books, chart, as_of)
        posted = post(books, chart, as_of, progress=progress, limits=limits)
        return PostSummary({**posted.counts, **refunds, **find_paid_twice(books, as_of)})
