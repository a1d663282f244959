"""The ledger's schema, version by version; run by ``adapters.ledger`` when it opens a database."""
