"""What a customer state is called, wherever a person reads it."""

from __future__ import annotations

from typing import Final

from otokui.domain import State
from otokui.wording.i18n import NP_, SOURCE, pgettext

_CALLED: Final = {
    State.PROSPECT: NP_("customer state", "prospect"),
    State.NEW: NP_("customer state", "new"),
    State.ACTIVE: NP_("customer state", "active"),
    State.GOOD: NP_("customer state", "good"),
    State.LOYAL: NP_("customer state", "loyal"),
    State.DORMANT: NP_("customer state", "dormant"),
    State.CHURNED: NP_("customer state", "churned"),
}


def state_called(state: str, language: str = SOURCE) -> str:
    """Return what a state is called; one this build does not know is shown as it is."""
    found = _CALLED.get(State(state)) if state in set(State) else None
    return state if found is None else pgettext("customer state", found, language)
