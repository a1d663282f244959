"""Feedback in the ledger's database: outcomes found their contact, folded into its row, and applied in one transaction."""
