"""Wiring of the policy from settings, evidence and shadow prices.

The evidence lies beside the summaries; the prices are those of the newest run.
"""

from __future__ import annotations

from pathlib import Path

from adapters.shop_files.policy_store import PolicyFolder
from decisions.allocation import shadow_prices
from decisions.allocation.shadow_prices import SharePrices
from decisions.compiler import evidence
from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.policy_record import record
from decisions.policy.policy import Policy
from otokui.errors import Missing, Unavailable
from otokui.ports.stores import SummaryStore
from otokui.settings.settings import Settings


def policy_of(settings: Settings, store: SummaryStore, online: Path, policies: PolicyFolder) -> Policy:
    """Compile the policy of the nightly run from evidence and shadow prices.

    The evidence is of the shop's contacts up to the summaries' cut-off; the shadow prices of budget and capacity are those of the newest
    run. The policy's record is stored in ``policies``.

    Raises:
        Missing: the evidence file is missing beside the summaries.
        Unavailable: the evidence has another cut-off than the summaries, because both are being published.
    """
    path = online / evidence.FILE_NAME
    try:
        contact_evidence = evidence.Evidence.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Missing(f"{path} does not exist", fix="run `otokui materialise --shop SHOP`") from None
    if contact_evidence.cutoff != store.summarised_at:
        raise Unavailable("summaries and evidence are of different nights", fix="wait for `otokui materialise` to end, or run it again")
    prices = _prices(online)
    policy = compile_policy(settings, contact_evidence, prices)
    if not policy.capacity.any:
        policy, prices = compile_policy(settings, contact_evidence), None  # removed limits have no shadow price
    policies.keep(policy.digest, record(settings, contact_evidence, prices))
    return policy


def _prices(online: Path) -> SharePrices | None:
    """Return the shadow prices of the newest nightly run, None where there are none."""
    try:
        return SharePrices.from_json((online / shadow_prices.FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
