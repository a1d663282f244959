"""API keys and audit log in the ledger's database."""
