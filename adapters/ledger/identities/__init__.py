"""Identities in the ledger's database: aliases, merges, and who survives."""
