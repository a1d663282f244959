"""Names of customer states for people."""

from __future__ import annotations

from typing import Final

from otokui.domain import CustomerState
from otokui.wording.i18n import NP_, SOURCE, pgettext

_CALLED: Final = {
    CustomerState.PROSPECT: NP_("customer state", "prospect"),
    CustomerState.NEW: NP_("customer state", "new"),
    CustomerState.ACTIVE: NP_("customer state", "active"),
    CustomerState.GOOD: NP_("customer state", "good"),
    CustomerState.LOYAL: NP_("customer state", "loyal"),
    CustomerState.DORMANT: NP_("customer state", "dormant"),
    CustomerState.CHURNED: NP_("customer state", "churned"),
}


def state_name(state: str, language: str = SOURCE) -> str:
    """Return the name of a customer state; an unknown one stays as it is."""
    message = _CALLED.get(CustomerState(state)) if state in set(CustomerState) else None
    return state if message is None else pgettext("customer state", message, language)
