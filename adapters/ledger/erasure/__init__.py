"""Erasure and disclosure of one customer in the ledger.

The modules hold tombstones, keys per customer, and rows by table.
"""
