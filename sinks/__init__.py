"""Everything that writes: the tables, the repositories over them, and one file per delivery target."""
