"""Outbox of the ledger: changes of reservations that are announced.

They are written in the transaction that makes the reservations.
"""
