"""Disclosure of everything on record and decided about one customer.

Answers a customer's question to the shop (APPI article 33, GDPR article 15). People read it in both languages: every heading stands in
English and Japanese, the reasons of decisions as they were written when they were made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.shop_files.customer_files import decisions_of, ledger_rows_told, quarantined_of, records_of
from otokui.clock import now
from otokui.domain import Instant, show_instant
from otokui.errors import Missing, OtokuiError
from otokui.identity.ids import canonical
from otokui.wording.i18n import N_, gettext
from pipelines.decision_run.decision_operations import run_explain
from pipelines.shop.shop import Shop
from pipelines.summaries.summarise import published

_LANGUAGES: Final = ("en", "ja")
_TITLE: Final = N_("What is on record about one customer")
_NOTHING: Final = N_("nothing")
_SECTIONS: Final = (
    ("records", N_("On record")),
    ("quarantine", N_("Rows that were set aside")),
    ("ledger", N_("Consents, refusals, contacts, reservations and decisions of the service")),
    ("decisions", N_("Decisions of nightly runs")),
    ("predictions", N_("Predictions now")),
    ("decision", N_("What would be decided now, and why")),
)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Everything about one customer, ready for JSON."""

    content: Mapping[str, Any]

    def to_text(self) -> str:
        """Return it for people, headings in both languages."""
        told = self.content
        lines = [f"{_both(_TITLE)}: {told['customer_id']}", told["disclosed_at"]]
        for name, heading in _SECTIONS:
            lines += ["", _both(heading)]
            lines += _listed(told[name]) if told[name] else [f"  {_both(_NOTHING)}"]
        if told["note"]:
            lines += ["", told["note"]]
        return "\n".join(lines)


def disclose(shop: Shop, customer_id: str, *, as_of: Instant | None = None) -> Disclosure:
    """Gather everything about one customer.

    as_of: of the predictions (default: that of the newest summaries).

    Raises:
        Missing: nothing is on record, in no table and no file.
        BadInput: no customer can have this id.
    """
    customer_id = canonical(customer_id)
    timezone, ids = shop.settings.shop.timezone, frozenset([customer_id])
    found: dict[str, Any] = {
        "records": records_of(shop.folder, ids, timezone),
        "quarantine": quarantined_of(shop.folder, ids),
        "ledger": ledger_rows_told(shop.ledger.erasures.disclose(customer_id), timezone),
        "decisions": decisions_of(shop.folder, ids, timezone),
    }
    if not any(found.values()):
        raise Missing("nothing is on record about this customer", fix="check the id; an erased customer is on no record")
    predictions, decision, note = {}, {}, ""
    try:
        cutoffs = [summary.cutoff for summary in published(shop.folder / "summaries")]
        told = run_explain(shop, customer_id, as_of=as_of or (Instant(cutoffs[-1]) if cutoffs else now())).to_dict()
        predictions, decision = told["predictions"], told["decision"]
    except OtokuiError as error:  # no model yet, or a customer without purchases: the rest is disclosed all the same
        note = error.detail
    return Disclosure(
        {
            "customer_id": customer_id,
            "disclosed_at": show_instant(now(), timezone),
            **found,
            "predictions": json.loads(json.dumps(predictions, default=str)),
            "decision": json.loads(json.dumps(decision, default=str)),
            "note": note,
        }
    )


def _both(message: str) -> str:
    return " / ".join(gettext(message, language) for language in _LANGUAGES)


def _listed(content: Any) -> list[str]:
    if isinstance(content, list):
        return [f"  - {_line(row)}" for row in content]
    lines: list[str] = []
    for name, value in content.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"  {name}", *(f"    - {_line(row)}" for row in value)]
        elif value is not None:
            lines.append(f"  {name}: {_line(value)}")
    return lines


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_line(each)}" for name, each in value.items() if each is not None)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
