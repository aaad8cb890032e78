"""Schema revisions (Alembic), shipped in the wheel and applied by ``sinks.database``."""
