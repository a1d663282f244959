"""Alembic's entry: it runs on the connection that ``adapters.ledger.storage.schema`` opened and locked.

That connection is inside a transaction already, so Alembic neither begins nor commits one of its own.
"""

from __future__ import annotations

from alembic import context

from adapters.ledger.storage import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables.CONTACTS.metadata)
context.run_migrations()
