"""One file per bank: ``PROFILES``, the layouts of its CSV export. A new bank is one new file.

The header lines are facts of the banks' own exports, as seen in public parsers and their test files in 2026; the
docstring of each file says what is special about them.
"""
