"""Storage of the ledger: databases, tables, and the schema with its migrations."""
