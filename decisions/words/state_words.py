"""What a customer state is called, English and Japanese, wherever a person reads it."""

from __future__ import annotations

from typing import Final

from otokui.domain import State

_CALLED: Final = {
    State.PROSPECT: ("prospect", "見込み"),
    State.NEW: ("new", "新規"),
    State.ACTIVE: ("active", "アクティブ"),
    State.GOOD: ("good", "優良"),
    State.LOYAL: ("loyal", "ロイヤル"),
    State.DORMANT: ("dormant", "休眠"),
    State.CHURNED: ("churned", "離反"),
}


def state_called(state: str, language: str = "en") -> str:
    """Return what a state is called; one this build does not know is shown as it is."""
    found = _CALLED.get(State(state)) if state in set(State) else None
    return state if found is None else found[1 if language == "ja" else 0]
