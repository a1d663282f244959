"""A policy as text from which the very same policy is made again: what replay and evaluation of logged decisions need.

The digest says which policy decided; the record says what it was. Without it, the first change of the settings would
make every decision before it impossible to repeat.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from decisions.allocation.shadow_prices import SharePrices
from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.policy.policy import Policy
from otokui.errors import BadSettings, SkewError
from otokui.settings.settings import Settings


def record(settings: Settings, evidence: Evidence, prices: SharePrices | None = None) -> str:
    """Return a policy as text: all that ``compile_policy`` takes."""
    said = {
        "settings": json.loads(settings.governing()),
        "evidence": json.loads(evidence.to_json()),
        "prices": None if prices is None else json.loads(prices.to_json()),
    }
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False)


def narrowed_record(base: str, scenarios: Sequence[str] | None, channels: Sequence[str] | None) -> str:
    """Return a policy narrowed by a request as text: the digest of the whole one, and what was asked for."""
    said = {
        "base": base,
        "scenarios": None if scenarios is None else sorted(scenarios),
        "channels": None if channels is None else sorted(channels),
    }
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False)


def from_record(digest: str, read: Callable[[str], str]) -> Policy:
    """Make the policy of a digest again.

    read: returns the record kept under a digest.

    Raises:
        SkewError: this build makes another policy of it.
        BadSettings: the record is not one.
    """
    try:
        said = json.loads(read(digest))
        if "base" in said:
            policy = from_record(said["base"], read)
            for name in ("scenarios", "channels"):
                policy = policy.offering(**{name: said[name]})
        else:
            prices = None if said["prices"] is None else SharePrices.from_json(json.dumps(said["prices"]))
            settings = Settings.model_validate(said["settings"])
            policy = compile_policy(settings, Evidence.from_json(json.dumps(said["evidence"])), prices)
    except (ValueError, KeyError, TypeError) as error:
        raise BadSettings(f"the record of policy {digest} cannot be read: {error}", fix="restore SHOP/policies from a backup") from None
    if policy.digest != digest:
        raise SkewError(
            f"the record of policy {digest} comes to {policy.digest} in this build",
            fix="replay with the build that decided (see CHANGELOG.md)",
        )
    return policy
