"""The ledger in SQL: who may be contacted, who was, and which places under the caps are taken.

It is kept apart from the feature stores because it may not lose a write: a feature that is late costs
money, a refusal that is lost breaks the law. SQLite by default, PostgreSQL by URL; docs/explanation/ledger.md.
"""

from __future__ import annotations

from adapters.ledger.limits import Caps
from adapters.ledger.sql_ledger import SqlLedger, open_ledger
from adapters.ledger.storage.waiting_limits import Patience

__all__ = ["Caps", "Patience", "SqlLedger", "open_ledger"]
