"""Decisions and outcomes in, what they were worth out: off-policy evaluation, lift against control (mission M)."""
