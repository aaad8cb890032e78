"""Other ways to match the same payments, on the same data in the same run.

Every peer proposes at most one item per payment with a score. Its threshold is swept on development seeds: the lowest
one at which at least 99.9 % of its posts are right there; with it the peer is judged on the reporting seeds. splink
and recordlinkage run in virtual environments of their own (``environments``), as subprocesses over Parquet files.
"""
