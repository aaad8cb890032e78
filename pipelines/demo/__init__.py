"""A sample company that does not exist: its customers, invoices, bank files for one month, and what is true of them.

The generator knows what every payment was meant for; it writes that down beside the files (``truth.csv``) and kontoklar
never reads it. Only the summary does, to say how much was right.
"""
