"""The core of kontoklar: nouns (``model``), pure steps, and the use cases that commit.

Nothing in this package knows a bank, a database driver or Prefect.
"""
