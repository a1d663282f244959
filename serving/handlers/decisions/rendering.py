"""Decisions as JSON bytes, written once for both the reply and the decision log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from adapters.decision_archive.input_codec import states_as_json
from decisions.decision_table import STATUSES, Decisions
from decisions.engine.reservation import to_json as ruling_to_json
from decisions.explanation.decision_json import rows
from features.summaries.packing import pack
from otokui.domain import Instant, show_instant
from otokui.ports.ledger import LoggedDecision
from otokui.ports.reservations import ReservationResult
from serving.handlers.decisions.pipeline import DecidedBatch

encode = msgspec.json.Encoder().encode


def entries(decided: DecidedBatch, indexes: list[int], lines: list[bytes], rulings: list[ReservationResult | None]) -> list[LoggedDecision]:
    """Return the log entries of some decisions.

    ``lines`` are those decisions as JSON, ``rulings`` the ledger's on their reservations.
    """
    decisions, batch = decided.decisions, decided.batch
    inputs = pack(batch.summaries.rows(np.array(indexes, dtype=np.int64)))
    states = [encode(row).decode() for row in states_as_json(batch.contacts, indexes)]
    models = dict(decisions.predictions.models)
    out = []
    for at, index in enumerate(indexes):
        considered, ruling = int(decisions.considered[index]), rulings[at]
        message, channel = _considered(decisions, index) if considered >= 0 else (None, None)
        out.append(
            LoggedDecision(
                decision_id=decisions.decision_ids[index],
                customer_id=decisions.customer_ids[index],
                as_of=decisions.as_of,
                summarised_at=decisions.summarised_at,
                status=str(STATUSES[decisions.status[index]]),
                message_id=message.message_id if message is not None else None,
                channel=channel,
                propensity=float(decisions.propensity[index]),
                policy=decisions.policy.digest,
                models=models,
                inputs=bytes(inputs[at]),
                contact_state=states[at],
                decision=lines[at].decode(),
                ruling=None if ruling is None else ruling_to_json(ruling),
                context=None if batch.visits is None else batch.visits[index].to_json(),
            )
        )
    return out


def written(decisions: Decisions, indexes: Sequence[int] | None = None) -> list[bytes]:
    """Return some decisions, by default all, as JSON."""
    return [encode(row) for row in rows(decisions, indexes)]


def with_candidates(line: bytes, candidates: list[dict[str, Any]]) -> bytes:
    """Return a written decision with its candidates."""
    return line[:-1] + b',"candidates":' + encode(candidates) + b"}"


def standing_for(line: bytes, asked: str, customer_id: str) -> bytes:
    """Return a row under the id asked for, with the surviving customer if another."""
    if asked == customer_id:
        return line
    return encode(msgspec.json.decode(line) | {"customer_id": asked, "stands_for": customer_id})


def failed(customer_id: str, as_of: Instant, timezone: str) -> bytes:
    """Return the decision of a customer for whom the pipeline failed."""
    nothing = dict.fromkeys(
        ("valid_until", "target", "message", "timing", "channel", "value", "considered", "action_probability", "group", "versions")
    )
    return encode(
        {"decision_id": None, "customer_id": customer_id, "status": "error", "as_of": show_instant(as_of, timezone), "known": False}
        | nothing
        | {"explored": False, "reasons": [], "suppressions": [], "error": FAILURE}
    )


FAILURE = {
    "code": "failed",
    "detail": "no answer could be made for this customer; the others are not affected",
    "fix": "ask again; if it happens again, the log of the service says why",
}


def reply(head: dict[str, Any], name: str, lines: list[bytes]) -> bytes:
    """Return the whole reply: the head's fields, then the rows under ``name``."""
    return encode(head)[:-1] + b',"' + name.encode() + b'":[' + b",".join(lines) + b"]}"


def _considered(decisions: Decisions, index: int) -> tuple[Any, str]:
    policy, considered = decisions.policy, int(decisions.considered[index])
    return policy.offered[policy.candidates.message[considered]], policy.channels.names[policy.candidates.channel[considered]]
