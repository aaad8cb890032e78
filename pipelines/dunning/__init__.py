"""Dunning beyond the decision who is due (``pipelines.dun``): interest, fees, blocks, hand-made steps, release."""
