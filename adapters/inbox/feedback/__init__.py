"""Feedback in the ledger's database.

Outcomes find their contact, are folded into its row, and are applied in one transaction.
"""
