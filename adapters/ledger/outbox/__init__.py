"""Outbox of the ledger: what is announced of reservations, written in the transaction that makes them."""
