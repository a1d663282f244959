"""Import of records into the ledger, and counts of responses to contacts."""
