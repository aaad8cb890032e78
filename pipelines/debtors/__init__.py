"""Debtors: who they are, their accounts, finding them, and keeping some of their data out."""
