"""Everything that reads: one file per origin and one per format."""
