"""The commands, one module per group of them. They parse, call ``app`` and show; they decide nothing."""
