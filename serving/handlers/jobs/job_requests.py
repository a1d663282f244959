"""Request of a decision job: its checks, and the job it means.

Everything that could fail later is refused here, because nobody waits for the answer of a job in the background.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from otokui.domain import Instant
from otokui.identity.ids import FIX, fault, is_canonical, normalised
from otokui.ports.decision_jobs import DecisionJob, JobRequest
from otokui.ports.ledger import RequestKey
from serving.handlers.decisions.decision_handler import check_as_of, narrowed
from serving.handlers.jobs.job_types import DecisionJobRequest
from serving.handlers.request_checks import check_instant, check_name, instant_of
from serving.http.personal_values import PersonalValues
from serving.http.problems import Refused
from serving.http.request_bodies import read
from serving.live.job_desk import JobDesk
from serving.live.state import Live

JOBS = msgspec.json.Decoder(DecisionJobRequest)


@dataclass(frozen=True, slots=True)
class AcceptanceRules:
    """Rules that a request of a job is checked against.

    They are now, how far ahead it may lie, and personal data in ids.
    """

    now: Instant
    max_days_ahead: float
    personal: PersonalValues


def accept(live: Live, desk: JobDesk, body: bytes, header_key: str, rules: AcceptanceRules) -> DecisionJob:
    """Store the job of a body, or find the one that its key has.

    Raises:
        Refused: a field is not valid, or too many jobs wait.
        Conflict: the key was used with another body.
    """
    request = read(JOBS, body)
    key = _key(request, header_key)
    found = desk.jobs.find(key) if key is not None else None
    if found is not None:
        return found
    rules.personal.refuse([("$.request_id", request.request_id or "")])
    meant = _meant(live, request, rules)
    waiting = desk.jobs.waiting_count()
    if waiting >= desk.most_waiting:
        raise Refused(429, f"{waiting} jobs have not ended", "wait until one has, then repeat with the same key", code="jobs-waiting")
    return desk.jobs.create(meant, key, rules.now)


def _key(request: DecisionJobRequest, header_key: str) -> RequestKey | None:
    check_name(request.request_id, "request_id", "$.request_id")
    name = header_key or request.request_id
    check_name(name, "Idempotency-Key")
    return RequestKey(f"decision-jobs:{name}", hashlib.sha256(msgspec.json.encode(request)).hexdigest()) if name else None


def _meant(live: Live, request: DecisionJobRequest, rules: AcceptanceRules) -> JobRequest:
    if request.as_of is not None:
        check_instant(request.as_of, rules.now, rules.max_days_ahead)
    as_of = instant_of(request.as_of, rules.now)
    rules.personal.refuse((f"$.customer_ids[{place}]", each) for place, each in enumerate(request.customer_ids or ()))
    check_as_of(live, as_of)
    narrowed(live.policy, request)
    return JobRequest(
        as_of,
        None if request.customer_ids is None else _canonical(request.customer_ids),
        None if request.scenarios is None else tuple(sorted(set(request.scenarios))),
        None if request.channels is None else tuple(sorted(set(request.channels))),
        request.dry_run,
    )


def _canonical(customer_ids: list[str]) -> tuple[str, ...]:
    """Return the ids in canonical form, each once, in their order."""
    found: dict[str, None] = {}
    for position, text in enumerate(customer_ids):
        if is_canonical(text):
            found[text] = None
        elif why := fault(text):
            raise Refused(422, f"the customer id is no id: {why}", FIX, code="invalid-id", field=f"$.customer_ids[{position}]")
        else:
            found[normalised(text)] = None
    return tuple(found)
