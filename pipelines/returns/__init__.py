"""What follows from a return debit: present it again, ask, invoice, block, stop, or hand it to a person."""
