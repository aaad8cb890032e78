"""What the notebooks share: opening the books, the review grid, formats, words and charts.

No SQL and no credentials here: everything goes through ``pipelines.inquiries`` and ``pipelines.review``, and the
configuration says where secrets are.
"""

from desk.opening import open_books
from desk.reviewing import ReviewGrid, review

__all__ = ["ReviewGrid", "open_books", "review"]
