"""Roles of API keys: what a caller is, and so which calls it may use.

Each call names its roles where it is registered (``serving.http.operations``). A new role is one member here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Role of an API key; every call lists the roles that may use it."""

    SEND_ENGINE = "send_engine"
    """Asks for decisions and predictions, reports sends, openings and unsubscribes."""

    SHOP_FEED = "shop_feed"
    """Sends the shop's events, and nothing else."""

    ADMIN = "admin"
    """Every call, personal ones (disclosure, erasure) included."""

    SCENARIO = "scenario"
    """Looks after scenarios, budgets and caps."""

    CONTENT = "content"
    """Looks after messages."""

    ANALYST = "analyst"
    """Reads models and results; no single customer."""


EVERY_ROLE: Final = frozenset(Role)
"""For calls that any key may use."""
