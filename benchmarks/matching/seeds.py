"""Which seeds are for what.

Development seeds may be looked at case by case. A reporting seed is only ever run as a whole; if one of its payments is
looked at, the seed moves to ``SEEN`` and stops being reported.
"""

from __future__ import annotations

DEVELOPMENT = range(1, 100)
REPORTING = (2001, 2002, 2003, 2004, 2005)
# Reporting seeds of earlier versions that were looked at, with the reason.
SEEN = {1000: "showed what the older generator called wrong: an invoice paid twice on one day"}
