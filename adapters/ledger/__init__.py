"""The ledger in SQL: consents, suppressions, contacts, and reservations under the frequency caps.

It is apart from the feature stores because it may not lose a write: a late feature costs money, a lost
opt-out breaks the law. SQLite by default, PostgreSQL by URL; docs/explanation/ledger.md.
"""

from __future__ import annotations

from adapters.ledger.frequency_caps import Caps
from adapters.ledger.sql_ledger import SqlLedger, open_ledger
from adapters.ledger.storage.database_timeouts import DatabaseTimeouts

__all__ = ["Caps", "DatabaseTimeouts", "SqlLedger", "open_ledger"]
