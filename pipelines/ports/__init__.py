"""What the core asks of the outside: one Protocol module per neighbour."""
