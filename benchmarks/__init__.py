"""Repeatable measurements with their own generators and peers."""
