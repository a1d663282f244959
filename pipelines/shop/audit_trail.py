"""Audit lines of verbs that change things or read customers, by account.

The service writes the lines of its calls (``serving.access.audit_trail``); both stand in one chain.
"""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

from otokui.domain import Instant
from otokui.ports.access import AuditEntry

if TYPE_CHECKING:
    from adapters.access.access_store import SqlAccess
    from pipelines.shop.shop import Shop


def account() -> str:
    """Return the name of the running account, or its number without a name.

    In a container the account may have none.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def opened_access(shop: Shop) -> SqlAccess:
    """Open the API keys and the audit log of a shop.

    Raises:
        Unavailable: the database cannot be used.
    """
    from adapters.access.access_store import open_access

    return open_access(shop.settings, shop.folder)


def audit_line(verb: str, now: Instant, *, customers: int = 0, detail: str = "") -> AuditEntry:
    """Return the audit line of a verb.

    ``detail``: ids of what was changed, never a customer's.
    """
    return AuditEntry(now, f"verb:{account()}", verb, "", 0, customers, 1, detail)


def audited(shop: Shop, verb: str, now: Instant, *, customers: int = 0, detail: str = "") -> None:
    """Append one line on a verb that has done its work.

    Raises:
        Unavailable: the audit log cannot be written.
    """
    with opened_access(shop) as access:
        access.append([audit_line(verb, now, customers=customers, detail=detail)])
