"""Erasure and disclosure of one customer in the ledger: tombstones, keys per customer, rows by table."""
