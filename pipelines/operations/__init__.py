"""What an analyst may do with money and claims: one module per operation, one way to preview and apply them all."""
