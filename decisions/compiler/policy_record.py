"""Policy records: a policy as text from which replay compiles the same policy again.

Replay and evaluation of logged decisions need it. The digest identifies the policy of a decision; the record holds its content. Without
it, no decision made before a change of the settings could be repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from decisions.allocation.shadow_prices import SharePrices
from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.policy.policy import Policy
from otokui.errors import BadSettings, SkewError
from otokui.settings.settings import Settings


def record(settings: Settings, evidence: Evidence, prices: SharePrices | None = None) -> str:
    """Return the record of a policy: all arguments of ``compile_policy`` as JSON."""
    document = {
        "settings": json.loads(settings.governing()),
        "evidence": json.loads(evidence.to_json()),
        "prices": None if prices is None else json.loads(prices.to_json()),
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)


def narrowed_record(base: str, scenarios: Sequence[str] | None, channels: Sequence[str] | None, visit: str | None = None) -> str:
    """Return the record of a policy narrowed by a request: base digest, scenarios, channels.

    visit: the pull channel of a visit.
    """
    document: dict[str, Any] = {
        "base": base,
        "scenarios": None if scenarios is None else sorted(scenarios),
        "channels": None if channels is None else sorted(channels),
    }
    if visit is not None:
        document["visit"] = visit
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)


def from_record(digest: str, read: Callable[[str], str]) -> Policy:
    """Compile the policy of a digest again from its record.

    read: returns the record of a digest.

    Raises:
        SkewError: this build compiles another policy from it.
        BadSettings: the text is no policy record.
    """
    try:
        document = json.loads(read(digest))
        if "base" in document:
            policy = from_record(document["base"], read)
            for name in ("scenarios", "channels"):
                policy = policy.offering(**{name: document[name]})
            policy = policy.at_visit(document["visit"]) if "visit" in document else policy
        else:
            prices = None if document["prices"] is None else SharePrices.from_json(json.dumps(document["prices"]))
            settings = Settings.model_validate(_complete(document["settings"]))
            policy = compile_policy(settings, Evidence.from_json(json.dumps(document["evidence"])), prices)
    except (ValueError, KeyError, TypeError) as error:
        raise BadSettings(f"the record of policy {digest} cannot be read: {error}", fix="restore SHOP/policies from a backup") from None
    if policy.digest != digest:
        raise SkewError(
            f"the record of policy {digest} comes to {policy.digest} in this build",
            fix="replay with the build that decided (see CHANGELOG.md)",
        )
    return policy


def _complete(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a record with the keys that it leaves out, or that its build did not know, as they held then."""
    return settings | {"decisions": {"contact_spacing_hours": 0.0} | settings["decisions"]}
