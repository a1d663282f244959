"""Handler of decision requests: requests of one instant and one policy are decided together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from decisions.compiler.policy_record import narrowed_record
from decisions.policy.policy import Policy
from otokui.domain import Instant, show_instant
from otokui.errors import BadInput, Unavailable
from otokui.ports.ledger import RequestKey
from serving.handlers.decisions.commit import Commitment
from serving.handlers.isolation import attributed
from serving.handlers.request_checks import instant_of
from serving.handlers.visits import visit_channel
from serving.http.problems import Refused
from serving.http.requests import DecisionRequest
from serving.live.state import Live, LiveState


class NarrowingRequest(Protocol):
    """Request that may name the scenarios and channels to decide among."""

    @property
    def scenarios(self) -> Sequence[str] | None:
        """Names of scenarios; None = all."""
        ...

    @property
    def channels(self) -> Sequence[str] | None:
        """Names of channels; None = all."""
        ...


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """One decision request with its idempotency key."""

    request: DecisionRequest
    key: RequestKey | None

    @property
    def writes(self) -> bool:
        """Whether the request makes reservations and writes the decision log."""
        return not self.request.dry_run


@dataclass(slots=True)
class _RequestGroup:
    """Requests of one instant and one policy, with their positions in the batch."""

    policy: Policy
    as_of: Instant
    positions: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DecisionHandler:
    """Handler of batches of decision requests; the ``work`` of a micro-batcher."""

    state: LiveState
    clock: Callable[[], Instant]

    def __call__(self, requests: Sequence[KeyedRequest]) -> list[bytes | Exception]:
        """Return for each request its reply or its error."""
        live, now = self.state.live, self.clock()
        if live is None:
            return [not_ready() for _ in requests]
        replies: list[bytes | Exception] = [not_ready()] * len(requests)
        groups: dict[tuple[Instant, str], _RequestGroup] = {}
        for position, keyed in enumerate(requests):
            try:
                as_of, policy = _meant(live, keyed.request, now)
            except Refused as refused:
                replies[position] = _stored_reply(live, keyed, now) or refused
            except Exception as error:  # an error of this request alone
                replies[position] = attributed(error)
            else:
                groups.setdefault((as_of, policy.digest), _RequestGroup(policy, as_of)).positions.append(position)
        for group in groups.values():
            commitment = Commitment(live, group.policy, group.as_of, now, [(requests[p].request, requests[p].key) for p in group.positions])
            for position, reply in zip(group.positions, commitment.replies(), strict=True):
                replies[position] = reply
        return replies


def _meant(live: Live, request: DecisionRequest, now: Instant) -> tuple[Instant, Policy]:
    """Return the instant and the policy of a request."""
    as_of = instant_of(request.as_of, now)
    check_as_of(live, as_of)
    policy = offering(live.policy, request)
    if policy is not live.policy:
        live.keep_policy(policy.digest, narrowed_record(live.policy.digest, request.scenarios, request.channels, visit_channel(request)))
    return as_of, policy


def check_as_of(live: Live, as_of: Instant) -> None:
    """Refuse an instant before the summaries' cut-off, where decisions would use the future."""
    if as_of < live.summaries.summarised_at:
        cutoff = show_instant(live.summaries.summarised_at, live.timezone)
        raise Refused(
            422,
            f"as_of lies before the cut-off of the summaries, {cutoff}",
            "ask as of then or later; for the past, `otokui decide --as-of`",
            code="as-of-before-summaries",
            field="$.as_of",
        )


def offering(policy: Policy, request: DecisionRequest) -> Policy:
    """Return the policy restricted to the scenarios and channels of the request.

    In a visit it is restricted to the channel of the visit.

    Raises:
        Refused: a scenario or channel is not in the settings, or the visit's is no pull channel.
    """
    policy, visit = narrowed(policy, request), visit_channel(request)
    try:
        return policy if visit is None else policy.at_visit(visit)
    except BadInput as error:
        raise Refused(422, error.detail, error.fix, code="unknown-name", field="$.customers[0].context.channel") from None


def narrowed(policy: Policy, request: NarrowingRequest) -> Policy:
    """Return the policy restricted to the scenarios and channels of a request.

    Raises:
        Refused: a scenario or channel is not in the settings.
    """
    name = "scenarios"
    try:
        policy = policy.offering(scenarios=request.scenarios)
        name = "channels"
        return policy.offering(channels=request.channels)
    except BadInput as error:
        raise Refused(422, error.detail, error.fix, code="unknown-name", field=f"$.{name}") from None


def not_ready() -> Unavailable:
    """Return the error of a service without a live model or policy."""
    return Unavailable("no models and summaries are live", fix="see /readyz; `otokui train` and `otokui materialise` make a shop ready")


def _stored_reply(live: Live, keyed: KeyedRequest, now: Instant) -> bytes | Exception | None:
    """Return the stored reply of an idempotency key, even where the request is now refused."""
    if keyed.key is None or not keyed.writes:
        return None
    try:
        return live.ledger.answered(keyed.key, now)
    except Exception as error:
        return attributed(error)
