"""Inbox of the service: checked entries in the ledger's database, and their rows as records.

``ledger_inbox.LedgerInbox.take`` stores entries and is what other adapters and handlers call. ``entry_checks`` applies the rules of the
data contract, the same as for files; ``stored_entries`` is the table.
"""
