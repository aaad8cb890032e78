"""Use cases: every commit starts here."""
