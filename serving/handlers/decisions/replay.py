"""Handlers of one logged decision: read it, and replay it from its inputs."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from otokui.errors import OtokuiError
from serving.handlers.decisions.decision_handler import not_ready
from serving.http.error_detail import caller_text
from serving.live.archive_port import Archive
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
class ReplayHandler:
    """Handler of the calls on one logged decision."""

    state: LiveState

    def read(self, decision_id: str) -> bytes:
        """Return a logged decision as it was answered."""
        return self._archive().find(decision_id).answered

    def replay(self, decision_id: str) -> bytes:
        """Replay a decision; return whether every byte is equal, and the fields that differ."""
        logged = self._archive().find(decision_id)
        was = msgspec.Raw(logged.answered)
        try:
            made = logged.again()
        except OtokuiError as error:
            why = caller_text(f"{error.detail}; {error.fix}")
            reply = ReplayReply(decision_id=decision_id, same=False, differing=(), why=why, decision=was, again=None)
        else:
            replayed = msgspec.Raw(made.written)
            reply = ReplayReply(decision_id=decision_id, same=made.same, differing=made.differing, why=None, decision=was, again=replayed)
        return msgspec.json.encode(reply)

    def _archive(self) -> Archive:
        live = self.state.live
        if live is None:
            raise not_ready()
        return live.archive
