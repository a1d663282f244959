"""Evidence from a shop's own records: read from records and ledger, counted in ``analysis``, collected for the policy."""
