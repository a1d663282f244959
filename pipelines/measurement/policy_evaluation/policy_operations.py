"""Operations of policy verbs: read a proposed otokui.toml, replay, judge, promote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from adapters.decision_archive.logged_choices import LoggedChoices, of_ledger, of_run
from adapters.ledger import open_ledger
from adapters.shop_files.settings_history import SettingsHistory
from decisions.allocation.shadow_prices import SharePrices
from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.engine.engine import DecisionEngine
from decisions.policy.policy import Policy
from otokui.domain import DAY, Instant
from otokui.errors import BadInput, Missing, NotPromoted
from otokui.frames import ContactState, Floats
from otokui.settings.settings import Settings, in_shop, load
from pipelines.ingestion.readable_states import contact_state
from pipelines.measurement.policy_evaluation.logged_decisions import ComparedPolicy, replay
from pipelines.measurement.policy_evaluation.policy_gate import GateOutcome, PolicyVerdict, judge
from pipelines.measurement.policy_evaluation.reward import rewards
from pipelines.model_training.train import last_known
from pipelines.shop.init import SETTINGS_FILE
from pipelines.shop.shop import Shop
from pipelines.summaries.purchase_table import purchases

GOVERNING = frozenset({"shop", "definitions", "predictions", "decisions", "channels", "messages"})
"""The sections that ``Settings.digest`` covers: what a policy may change."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Proposed settings file, read whole before anything is done with it."""

    content: bytes
    settings: Settings
    was: bytes
    present: Settings


def read_proposal(shop: Shop, path: Path) -> Proposal:
    """Read and check a proposed otokui.toml.

    Raises:
        BadSettings: it cannot be followed.
        BadInput: it changes nothing that governs decisions, or more than that.
    """
    settings, present = load(path), shop.settings
    others = [name for name in Settings.model_fields if name not in GOVERNING and getattr(settings, name) != getattr(present, name)]
    if others:
        raise BadInput(
            f"{path} also changes {', '.join(f'[{name}]' for name in others)}, which decides nothing",
            fix=f"start from a copy of {SETTINGS_FILE} of the shop, and change these sections there by hand",
        )
    if settings.digest() == present.digest():
        raise BadInput(f"{path} decides as the live settings do", fix="change [decisions], [[channels]] or [[messages]] in it")
    return Proposal(path.read_bytes(), settings, (shop.folder / SETTINGS_FILE).read_bytes(), present)


def run_evaluate_policy(shop: Shop, proposal: Proposal, *, now: Instant, runs: Sequence[Path] = ()) -> PolicyVerdict:
    """Value a proposed policy against the live one on what the shop has logged.

    runs: folders of `otokui decide`; by default those in SHOP/decisions. The service's log is always read.

    Raises:
        NotEnoughData: nothing was logged whose outcome is known.
    """
    gate = shop.settings.policy_gate
    until = last_known(shop.records, now)
    since = Instant(int(until) - gate.look_back_days * DAY)
    of_service = shop.ledger.decisions(shop.ledger.decision_ids(since, until))
    of_service.sort(key=lambda row: (row.as_of, row.summarised_at, row.policy, row.customer_id))
    log = sorted(chain(of_ledger(of_service), _of_runs(shop, runs, since)), key=lambda each: each.as_of)
    decisions = sum(len(each) for each in log)
    share = min(1.0, gate.max_decisions / decisions) if decisions else 1.0
    evidence = lru_cache(maxsize=None)(shop.evidence)
    sides = (_side(shop, settings, evidence) for settings in (proposal.settings, proposal.present))
    replayed = replay(log, *sides, until=until, reward_days=gate.reward_days, share=share)
    earned = rewards(replayed, purchases(shop.records, until), proposal.present, gate.reward_days)
    return judge(replayed, earned, gate)


def run_promote_policy(
    shop: Shop, path: Path, *, reason: str, now: Instant, who: str, accept_unknown: bool = False, runs: Sequence[Path] = ()
) -> PolicyVerdict:
    """Make a proposed otokui.toml live if it passes the gate; on record either way.

    accept_unknown: also where the log cannot tell. What is known to be worse never passes.

    Raises:
        NotPromoted: the gate did not let it through; nothing was changed.
        Conflict: the live settings were changed meanwhile.
    """
    proposal = read_proposal(shop, path)
    verdict = run_evaluate_policy(shop, proposal, now=now, runs=runs)
    folder = SettingsHistory(shop.folder / "settings-trail", shop.folder / SETTINGS_FILE)
    accepted = verdict.outcome is GateOutcome.CANNOT_TELL and accept_unknown
    entry = {
        "at": int(now),
        "who": who,
        "reason": reason,
        "from": proposal.present.digest(),
        "to": proposal.settings.digest(),
        "file_sha256": hashlib.sha256(proposal.content).hexdigest(),
        "accepted_unknown": accepted,
        "verdict": verdict.to_dict(),
    }
    if verdict.outcome is not GateOutcome.PASSES and not accepted:
        folder.refuse(entry)
        also = "; or take the risk knowingly: --accept-unknown" if verdict.outcome is GateOutcome.CANNOT_TELL else ""
        raise NotPromoted(f"the policy does not go live.\n{verdict.to_text()}", fix=f"{verdict.fix}{also}")
    folder.promote(proposal.content, proposal.was, (proposal.present.digest(), proposal.settings.digest()), entry)
    return verdict


def _of_runs(shop: Shop, runs: Sequence[Path], since: Instant) -> Iterator[LoggedChoices]:
    for path in runs or sorted(manifest.parent for manifest in (shop.folder / "decisions").glob("*/manifest.json")):
        yield from (choices for choices in of_run(path) if choices.as_of >= since)


@dataclass(frozen=True, slots=True)
class _Night:
    """Circumstances of a decision besides the settings: shadow prices, scenarios, channels."""

    prices: SharePrices | None = None
    scenarios: Sequence[str] | None = None
    channels: Sequence[str] | None = None


def _night(shop: Shop, digest: str) -> _Night:
    """Return under what the policy of a digest decided; nothing where it is no longer kept."""
    try:
        record = json.loads(shop.policies.read(digest))
        limits: dict[str, Sequence[str] | None] = {"scenarios": None, "channels": None}
        while "base" in record:
            limits |= {name: record[name] for name in limits if record[name] is not None}
            record = json.loads(shop.policies.read(record["base"]))
    except Missing:
        return _Night()
    prices = None if record["prices"] is None else SharePrices.from_json(json.dumps(record["prices"]))
    return _Night(prices, limits["scenarios"], limits["channels"])


def _still(names: Sequence[str] | None, there: Sequence[str]) -> list[str] | None:
    """Return what a request asked for, without names that a policy no longer knows."""
    return None if names is None else [name for name in names if name in there]


def _side(shop: Shop, settings: Settings, evidence: Callable[[Instant], Evidence]) -> ComparedPolicy:
    """Return how a policy of these settings would have decided at any instant of the past."""
    ledger = open_ledger(
        in_shop(shop.settings.stores.ledger_url, shop.folder),
        channels=settings.channels,
        messages=settings.messages,
        contact_cap=settings.decisions.contact_cap,
        contact_cap_days=settings.decisions.contact_cap_days,
        contact_spacing_hours=settings.decisions.contact_spacing_hours,
        timezone=settings.shop.timezone,
        budget=settings.decisions.budget,
    )
    models = lru_cache(maxsize=8)(shop.model_set)

    @lru_cache(maxsize=32)
    def policy(logged: str, summarised_at: Instant) -> Policy:
        night = _night(shop, logged)
        made = compile_policy(settings, evidence(summarised_at), night.prices)
        return made.offering(
            scenarios=_still(night.scenarios, made.messages.scenarios), channels=_still(night.channels, made.channels.names)
        )

    def state(customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats) -> ContactState:
        return contact_state(ledger.contact_state, customer_ids, as_of, last_purchase_at)

    def engine(choices: LoggedChoices) -> DecisionEngine | None:
        by, known = policy(choices.policy, choices.summarised_at), models(choices.as_of)
        return DecisionEngine(known, by) if known.models else None

    return ComparedPolicy(engine, state)
