"""Handlers of one logged decision: read it, and replay it from its inputs."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from otokui.errors import OtokuiError
from serving.handlers.decisions import not_ready
from serving.http.error_detail import told
from serving.live.ports import Archive
from serving.live.state import LiveState


class ReplayReply(msgspec.Struct, kw_only=True):
    """Reply to a replay (``serving.http.responses.Replayed``), both decisions as logged bytes."""

    decision_id: str
    same: bool
    differing: tuple[str, ...]
    why: str | None
    decision: msgspec.Raw
    again: msgspec.Raw | None


@dataclass(frozen=True, slots=True)
class Librarian:
    """Handler of the calls on one logged decision."""

    state: LiveState

    def read(self, decision_id: str) -> bytes:
        """Return a logged decision as it was answered."""
        return self._archive().find(decision_id).answered

    def replay(self, decision_id: str) -> bytes:
        """Replay a decision; return whether every byte is equal, and the fields that differ."""
        kept = self._archive().find(decision_id)
        was = msgspec.Raw(kept.answered)
        try:
            made = kept.again()
        except OtokuiError as error:
            why = told(f"{error.detail}; {error.fix}")
            found = ReplayReply(decision_id=decision_id, same=False, differing=(), why=why, decision=was, again=None)
        else:
            again = msgspec.Raw(made.written)
            found = ReplayReply(decision_id=decision_id, same=made.same, differing=made.differing, why=None, decision=was, again=again)
        return msgspec.json.encode(found)

    def _archive(self) -> Archive:
        live = self.state.live
        if live is None:
            raise not_ready()
        return live.archive
