"""What the notebooks share: opening the books, the review grid, tables, charts, formats and words.

No SQL and no credentials here: everything goes through ``pipelines.inquiries``, ``pipelines.review``,
``pipelines.closing`` and the use cases, and the configuration says where secrets are.
"""

from desk.debtors import Debtor, debtor
from desk.month import MonthEnd, month_end
from desk.opening import open_books
from desk.reviewing import ReviewGrid, review
from desk.story import Story, explain
from desk.trial import Trial, trial

__all__ = [
    "Debtor", "MonthEnd", "ReviewGrid", "Story", "Trial",
    "debtor", "explain", "month_end", "open_books", "review", "trial",
]  # fmt: skip
