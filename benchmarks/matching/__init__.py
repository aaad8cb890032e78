"""Quality and speed of the matcher on generated ledgers with ground truth."""
