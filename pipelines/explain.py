"""One customer's decision told to a person, in English and Japanese: what, why, and what else was considered.

The decision keeps codes and numbers; here they become sentences. Nothing is decided here: what is shown was
computed by the rooms that decide, so an explanation cannot differ from the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.personal.kinds import STRICT
from adapters.personal.masking import masked
from decisions.constraints import CONSTRAINTS
from otokui.domain import Instant, Label
from otokui.settings import Settings
from pipelines.explain_words import Spoken
from pipelines.moment_words import likely_moment
from scoring.not_enough import sentences

_RULES = {constraint.name: constraint for constraint in CONSTRAINTS}
_STATUS = {
    "contact": ("will be contacted", "配信します"),
    "no_contact": ("will not be contacted: nothing is worth it", "配信しません（見合う施策がありません）"),
    "suppressed": ("may not be contacted", "配信できません（ルールによる除外）"),
    "control": ("is left alone as part of a control group", "配信しません（比較のための対照群）"),
    "error": ("could not be decided about", "判定できませんでした"),
}
LOSERS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision with all that led to it.

    decision: the JSON object of the HTTP contract (``Decisions.row``); predictions: the columns of the predictions
    file for this customer; candidates: every candidate, the chosen first, each with message_id, channel,
    chosen, eligible, unmet, unmet_ja, conditions, refused_by, propensity and value (``pipelines.explain_words.Spoken.candidate``);
    factors: per label, what moved the prediction, strongest first: (feature, value, contribution); spoken: the shop's words;
    not_enough: per label, what the shop has too little of to foretell it, or to foretell it with trees.
    """

    decision: Mapping[str, Any]
    predictions: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    factors: Mapping[str, Sequence[tuple[str, float, float]]]
    spoken: Spoken
    not_enough: Mapping[Label, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON; columns keep the names that programs know, and say beside them what they are called."""
        losers = [{**candidate, "why": _why(candidate)} for candidate in self.candidates if not candidate["chosen"]]
        return {
            "decision": dict(self.decision),
            "predictions": {name: _plain(value) for name, value in self.predictions.items()},
            "not_enough": {str(label): why for label, why in self.not_enough.items()},
            "factors": {
                label: [
                    {
                        "feature": name,
                        "called": self.spoken.columns.called(name),
                        "called_ja": self.spoken.columns.called(name, "ja"),
                        "value": _plain(value),
                        "contribution": _plain(moved),
                    }
                    for name, value, moved in moved_by
                ]
                for label, moved_by in self.factors.items()
            },
            "chosen": next((dict(candidate) for candidate in self.candidates if candidate["chosen"]), None),
            "lost": losers,
        }

    def to_text(self) -> str:
        """Return it for a terminal, both languages."""
        sections = (self._head, self._reasons, self._forecast, self._moved, self._lost)
        return "\n\n".join("\n".join(lines) for lines in (section() for section in sections) if lines) + "\n"

    def _head(self) -> list[str]:
        decision = self.decision
        english, japanese = _STATUS[decision["status"]]
        lines = [
            f"{masked(decision['customer_id'], STRICT)} {english}  ({japanese})",
            f"  decision {decision['decision_id']}, as of {decision['as_of']}",
        ]
        plan, planned = decision.get("message"), decision
        if plan is None and decision.get("considered"):
            planned = decision["considered"]
            plan = planned["message"]
            lines.append("  what was considered, and not sent / 検討した施策（配信しません）:")
        if plan is None:
            return lines
        channel, timing, value = planned["channel"], planned.get("timing"), planned.get("value") or {}
        others = f", then {', '.join(map(self.spoken.channel, channel['fallbacks']))}" if channel.get("fallbacks") else ""
        message, over = self.spoken.message(plan["message_id"]), self.spoken.channel(channel["name"])
        lines.append(f"  message {message}, of {plan['scenario']}, over {over}{others}")
        if timing:
            lines.append(f"  at {timing['send_at']} (between {timing['not_before']} and {timing['not_after']})")
        if value.get("expected_value") is not None:
            lines.append(f"  worth {self.spoken.english.money(value['expected_value'])}: {self._parts(value)}")
        lines.append(f"  chance of this choice {decision['action_probability']:.3f}, group {decision['group']}")
        return lines

    def _reasons(self) -> list[str]:
        lines = ["Why / 理由"]
        lines += [f"  - {reason['text']}  ({reason['text_ja']})" for reason in self.decision["reasons"]]
        for rule in self.decision["suppressions"]:
            until = f", until {rule['until']} at the latest" if rule.get("until") else ""
            lines.append(f"  - rule {rule['code']}: {rule['text']}{until}  ({rule['text_ja']})")
        return lines

    def _parts(self, value: Mapping[str, float | None]) -> str:
        formats = self.spoken.english
        named = (
            ("uplift", "chance of a purchase added", formats.share),
            ("margin", "margin of a purchase", formats.money),
            ("cost", "cost", formats.money),
        )
        return ", ".join(f"{label} {write(value[name])}" for name, label, write in named if value.get(name) is not None)

    def _forecast(self) -> list[str]:
        at = self.predictions.get("as_of")
        as_of = Instant(int(at.timestamp())) if at is not None else None
        plain = {name: _plain(value) for name, value in self.predictions.items()}
        lines = self.spoken.predictions(plain, as_of) + likely_moment(self.predictions)
        return ["Predictions / 予測", *lines, *(f"  - {told}" for told in sentences(self.not_enough))] if lines else []

    def _moved(self) -> list[str]:
        lines = []
        for label, factors in self.factors.items():
            lines += self.spoken.factors(label, [(name, _plain(value), float(moved)) for name, value, moved in factors])
        return ["What moved them, the strongest first / 予測の要因(強い順)", *lines] if lines else []

    def _lost(self) -> list[str]:
        losers = [candidate for candidate in self.candidates if not candidate["chosen"]]
        lines = []
        for candidate in losers[:LOSERS_SHOWN]:
            worth = candidate["value"].get("expected_value")
            told = "worth not known" if worth is None else f"worth {self.spoken.english.money(worth)}"
            lines.append(f"  {self.spoken.message(candidate['message_id'])} over {self.spoken.channel(candidate['channel'])}, {told}")
            for reason in _why(candidate):
                lines += [f"    - {reason['text']}", f"      {reason['text_ja']}"]
        if len(losers) > LOSERS_SHOWN:
            lines.append(f"  and {len(losers) - LOSERS_SHOWN} more (--json shows all)")
        return ["What lost, and why / 選ばれなかった施策", *lines] if lines else []


def explain(
    customer_id: str,
    settings: Settings,
    *,
    decide: Callable[[str], tuple[Mapping[str, Any], Mapping[str, Any]]],
    compare: Callable[[str], Sequence[Mapping[str, Any]]],
    factors: Callable[[str], Mapping[str, Sequence[tuple[str, float, float]]]] | None = None,
    not_enough: Mapping[Label, str] | None = None,
) -> Explanation:
    """Gather the explanation of one customer.

    Args:
        customer_id: of whom.
        settings: of the shop, whose currency, time zone and attributes it is told in.
        decide: returns the decision and the predictions, one row each.
        compare: returns every candidate.
        factors: returns what moved each prediction; None = not asked for.
        not_enough: by label, what there was too little of.
    """
    decision, predictions = decide(customer_id)
    moved_by = factors(customer_id) if factors else {}
    return Explanation(decision, predictions, compare(customer_id), moved_by, Spoken.of(settings), not_enough or {})


def _why(candidate: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return why a candidate lost, never empty: not meant for the customer, refused by rules, or worth less."""
    if not candidate["eligible"]:
        unmet, unmet_ja = ("; ".join(candidate["unmet"]), "、".join(candidate["unmet_ja"]))
        text = f"Not meant for this customer: {unmet}" if unmet else "Not meant for this customer"
        text_ja = f"この顧客は対象外です: {unmet_ja}" if unmet_ja else "この顧客は対象外です"
        return [{"code": "not_eligible", "text": text, "text_ja": text_ja}]
    if candidate["refused_by"]:
        return [{"code": name, "text": _RULES[name].text, "text_ja": _RULES[name].text_ja} for name in candidate["refused_by"]]
    return [{"code": "worth_less", "text": "Another contact was chosen", "text_ja": "他の施策が選ばれました"}]


def _plain(value: Any) -> Any:
    """Return a numpy scalar as Python's own, NaN as None."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value
