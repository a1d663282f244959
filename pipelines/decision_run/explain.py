"""Explanation of one customer's decision as text: reasons and other candidates.

The decision keeps codes and numbers; here they become sentences. Nothing is decided here: what is shown was
computed by the rooms that decide, so an explanation cannot differ from the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.personal.kinds import STRICT
from adapters.personal.masking import masked
from decisions.constraints.constraints import CONSTRAINTS
from otokui.domain import Instant, Label
from otokui.settings.settings import Settings
from otokui.wording.i18n import N_, SOURCE, gettext, paired
from otokui.wording.numerals import written
from pipelines.decision_run.explain_wording import BOTH, Spoken, key, side_by_side
from pipelines.report.wording.purchase_time import likely_moment
from scoring.model_files.shortage import sentences

_RULES = {constraint.name: constraint for constraint in CONSTRAINTS}
STATUS = {
    "contact": N_("will be contacted"),
    "no_contact": N_("will not be contacted: nothing is worth it"),
    "suppressed": N_("may not be contacted"),
    "control": N_("is left alone as part of a control group"),
    "error": N_("could not be decided about"),
}
"""What is told of a customer, by the status of the decision."""
_NOT_ELIGIBLE, _WORTH_LESS = N_("Not meant for this customer"), N_("Another contact was chosen")
_UNMET = N_("Not meant for this customer: {unmet}")
LOSERS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision with all that led to it.

    decision: the JSON object of the HTTP contract (``Decisions.row``); predictions: the columns of the predictions
    file for this customer; candidates: every candidate, the chosen first, each with message_id, channel,
    chosen, eligible, unmet, unmet_ja, conditions, refused_by, propensity and value
    (``pipelines.decision_run.explain_wording.Spoken.candidate``); factors: per label, what moved the prediction, strongest first: (feature,
    value, contribution); spoken: the shop's words; not_enough: per label, what the shop has too little of to foretell it, or to foretell it
    with trees.
    """

    decision: Mapping[str, Any]
    predictions: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    factors: Mapping[str, Sequence[tuple[str, float, float]]]
    spoken: Spoken
    not_enough: Mapping[Label, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation for JSON.

        Columns keep their names, with titles beside them.
        """
        languages = self.spoken.languages_of_json()
        losers = [{**candidate, "why": _why(candidate, languages)} for candidate in self.candidates if not candidate["chosen"]]
        return {
            "decision": dict(self.decision),
            "predictions": {name: _plain(value) for name, value in self.predictions.items()},
            "not_enough": {str(label): why for label, why in self.not_enough.items()},
            "factors": {
                label: [
                    {
                        "feature": name,
                        **self.spoken.called(name),
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
        """Return it for a terminal, in one language or in two side by side."""
        sections = (self._head, self._reasons, self._forecast, self._moved, self._lost)
        return "\n\n".join("\n".join(lines) for lines in (section() for section in sections) if lines) + "\n"

    def _head(self) -> list[str]:
        decision, spoken = self.decision, self.spoken
        status = spoken.beside(lambda formats: gettext(STATUS[decision["status"]], formats.language))
        lines = [f"{masked(decision['customer_id'], STRICT)} {status}"]
        lines.append("  " + spoken.text(N_("decision {id}, as of {as_of}"), id=decision["decision_id"], as_of=decision["as_of"]))
        plan, planned = decision.get("message"), decision
        if plan is None and decision.get("considered"):
            planned = decision["considered"]
            plan = planned["message"]
            lines.append("  " + spoken.heading(N_("what was considered, and not sent")) + ":")
        if plan is None:
            return lines
        channel, timing, value = planned["channel"], planned.get("timing"), planned.get("value") or {}
        names = {"message": spoken.message(plan["message_id"]), "scenario": plan["scenario"], "channel": spoken.channel(channel["name"])}
        if channel.get("fallbacks"):
            others = spoken.together(N_("{first}, {second}"), [spoken.channel(name) for name in channel["fallbacks"]])
            lines.append("  " + spoken.text(N_("message {message}, of {scenario}, over {channel}, then {others}"), others=others, **names))
        else:
            lines.append("  " + spoken.text(N_("message {message}, of {scenario}, over {channel}"), **names))
        if timing:
            lines.append("  " + spoken.text(N_("at {send_at} (between {not_before} and {not_after})"), **timing))
        if value.get("expected_value") is not None:
            worth = spoken.first.money(value["expected_value"])
            lines.append("  " + spoken.text(N_("worth {value}: {parts}"), value=worth, parts=self._parts(value)))
        chance = written(decision["action_probability"], ".3f", spoken.first.language)
        lines.append("  " + spoken.text(N_("chance of this choice {chance}, group {group}"), chance=chance, group=decision["group"]))
        return lines

    def _reasons(self) -> list[str]:
        spoken = self.spoken
        lines = [spoken.heading(N_("Why"))]
        reasons = [[_text(reason, formats.language) for formats in spoken.formats] for reason in self.decision["reasons"]]
        lines += [f"  - {side_by_side(texts)}" for texts in reasons]
        for rule in self.decision["suppressions"]:
            texts = [_text(rule, formats.language) for formats in spoken.formats]
            filled = {"code": rule["code"], "text": texts[0], "until": rule.get("until")}
            if rule.get("until"):
                texts[0] = spoken.text(N_("rule {code}: {text}, until {until} at the latest"), **filled)
            else:
                texts[0] = spoken.text(N_("rule {code}: {text}"), **filled)
            lines.append(f"  - {side_by_side(texts)}")
        return lines

    def _parts(self, value: Mapping[str, float | None]) -> str:
        formats = self.spoken.first
        named = (
            ("uplift", N_("chance of a purchase added {value}"), formats.share),
            ("margin", N_("margin of a purchase {value}"), formats.money),
            ("cost", N_("cost {value}"), formats.money),
        )
        parts = [self.spoken.text(message, value=write(value[name])) for name, message, write in named if value.get(name) is not None]
        return self.spoken.together(N_("{first}, {second}"), parts) if parts else ""

    def _forecast(self) -> list[str]:
        at = self.predictions.get("as_of")
        as_of = Instant(int(at.timestamp())) if at is not None else None
        plain = {name: _plain(value) for name, value in self.predictions.items()}
        moments = [likely_moment(self.predictions, formats.language) for formats in self.spoken.formats]
        lines = self.spoken.predictions(plain, as_of)
        lines += [f"  {side_by_side([moment for moment in moments if moment])}"] if all(moments) else []
        too_little = sentences(self.not_enough, self.spoken.first.language)
        return [self.spoken.heading(N_("Predictions")), *lines, *(f"  - {sentence}" for sentence in too_little)] if lines else []

    def _moved(self) -> list[str]:
        lines = []
        for label, factors in self.factors.items():
            lines += self.spoken.factors(label, [(name, _plain(value), float(moved)) for name, value, moved in factors])
        return [self.spoken.heading(N_("What moved them, the strongest first")), *lines] if lines else []

    def _lost(self) -> list[str]:
        losers = [candidate for candidate in self.candidates if not candidate["chosen"]]
        lines, spoken = [], self.spoken
        languages = [formats.language for formats in spoken.formats]
        for candidate in losers[:LOSERS_SHOWN]:
            worth = candidate["value"].get("expected_value")
            names = {"message": spoken.message(candidate["message_id"]), "channel": spoken.channel(candidate["channel"])}
            if worth is None:
                lines.append("  " + spoken.text(N_("{message} over {channel}, worth not known"), **names))
            else:
                lines.append("  " + spoken.text(N_("{message} over {channel}, worth {value}"), value=spoken.first.money(worth), **names))
            for reason in _why(candidate, languages):
                texts = [_text(reason, language) for language in languages]
                lines += [f"    - {texts[0]}", *(f"      {text}" for text in texts[1:])]
        if len(losers) > LOSERS_SHOWN:
            more = written(len(losers) - LOSERS_SHOWN, ",", spoken.first.language)
            lines.append("  " + spoken.text(N_("and {count} more (--json shows all)"), count=more))
        return [spoken.heading(N_("What lost, and why")), *lines] if lines else []


def explain(
    customer_id: str,
    settings: Settings,
    *,
    decide: Callable[[str], tuple[Mapping[str, Any], Mapping[str, Any]]],
    compare: Callable[[str], Sequence[Mapping[str, Any]]],
    factors: Callable[[str], Mapping[str, Sequence[tuple[str, float, float]]]] | None = None,
    not_enough: Mapping[Label, str] | None = None,
    languages: Sequence[str] = BOTH,
) -> Explanation:
    """Gather the explanation of one customer.

    Args:
        customer_id: of whom.
        settings: of the shop, whose currency, time zone and attributes it is told in.
        decide: returns the decision and the predictions, one row each.
        compare: returns every candidate.
        factors: returns what moved each prediction; None = not asked for.
        not_enough: by label, what there was too little of.
        languages: it is told in the first, with the second beside it if there is one.
    """
    decision, predictions = decide(customer_id)
    moved_by = factors(customer_id) if factors else {}
    return Explanation(decision, predictions, compare(customer_id), moved_by, Spoken.of(settings, languages), not_enough or {})


def _why(candidate: Mapping[str, Any], languages: Sequence[str]) -> list[dict[str, str]]:
    """Return why a candidate lost, never empty: not meant for the customer, refused by rules, or worth less."""
    if not candidate["eligible"]:
        if not candidate["unmet"]:
            return [_reason("not_eligible", _NOT_ELIGIBLE, languages)]
        texts = {
            key("text", language): gettext(_UNMET, language).format(
                unmet=paired(gettext("{first}; {second}", language), candidate.get(key("unmet", language), candidate["unmet"]))
            )
            for language in languages
        }
        return [{"code": "not_eligible", **texts}]
    if candidate["refused_by"]:
        return [_reason(name, _RULES[name].text, languages) for name in candidate["refused_by"]]
    return [_reason("worth_less", _WORTH_LESS, languages)]


def _reason(code: str, message: str, languages: Sequence[str]) -> dict[str, str]:
    return {"code": code} | {key("text", language): gettext(message, language) for language in languages}


def _text(reason: Mapping[str, Any], language: str) -> str:
    """Return a reason of a decision in a language; where it was not written in that one, in English."""
    text: str = reason.get(key("text", language)) or reason[key("text", SOURCE)]
    return text


def in_languages(decision: Mapping[str, Any], reasons: Callable[[str], Sequence[str]], languages: Sequence[str]) -> dict[str, Any]:
    """Return a decision with reasons and rules in further languages.

    What is logged holds English and Japanese.

    reasons: language -> the decision's reasons in it.
    """
    translated, rules = [dict(each) for each in decision["reasons"]], [dict(each) for each in decision["suppressions"]]
    for language in languages:
        if language not in BOTH:
            for reason, text in zip(translated, reasons(language), strict=True):
                reason[key("text", language)] = text
            for rule in rules:
                rule[key("text", language)] = gettext(rule["text"], language)
    return {**decision, "reasons": translated, "suppressions": rules}


def _plain(value: Any) -> Any:
    """Return a numpy scalar as Python's own, NaN as None."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value
