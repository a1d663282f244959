"""Test-send sheet: each test customer's contact by channel, and the rules against it.

Terminal and page read the same lines, so that one cannot tell what the other leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from adapters.personal.kinds import STRICT
from adapters.personal.masking import masked
from otokui.domain import Instant, parse_instant, show_instant
from otokui.settings.settings import Settings
from otokui.wording.i18n import N_, gettext, in_language, paired
from pipelines.decision_run.explain import STATUS
from pipelines.decision_run.explain_wording import key
from pipelines.decision_run.test_sends.checklist import CHECKLIST
from pipelines.report.build import titles
from pipelines.report.wording.numbers import Formats

NO_CONTENT = N_("none: the message has no content in the settings")
NO_PRODUCTS = N_("none")
NO_RANKING = N_("none: no product ranking is trained")
NO_TIME = N_("none: nothing is sent over this channel at an hour of its own, or no hour is permitted")
NOTHING = N_("nothing")
NOT_KNOWN = N_("Nothing is on record about this customer.")


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """Product of a message as a person knows it; None = not on record."""

    name: str | None
    list_price: float | None


@dataclass(frozen=True, slots=True)
class ForcedSend:
    """Forced contact of one test customer.

    incentive: money per response, None = none; timing: send_at, not_before, not_after and timezone, None = no permitted hour, or a pull
    channel; reasons: of the message, true of this customer, none if it is not meant for them; unmet: the message's conditions that do
    not hold, by JSON key of the language; held_by: constraints that would refuse it in earnest, with code, text and end; earnest: status,
    message and channel that would be decided in earnest.
    """

    customer_id: str
    known: bool
    message_id: str
    channel: str
    content: str | None
    products: tuple[str, ...]
    incentive: Mapping[str, float] | None
    timing: Mapping[str, str] | None
    fallbacks: tuple[str, ...]
    reasons: tuple[Mapping[str, str], ...]
    unmet: Mapping[str, tuple[str, ...]]
    eligible: bool
    held_by: tuple[Mapping[str, Any], ...]
    earnest: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class SendSheet:
    """Test-send sheet of a shop in one language.

    ranked: whether a product ranking is trained; paused: why all contacts are paused, '' = they are not.
    """

    settings: Settings
    language: str
    as_of: Instant
    policy: str
    sends: tuple[ForcedSend, ...]
    products: Mapping[str, ShownProduct]
    ranked: bool
    paused: str = ""

    @property
    def formats(self) -> Formats:
        """Return the numbers and times of the language."""
        return Formats(self.language, self.settings.shop.currency, self.settings.shop.timezone)

    def text(self, message: str, /, **filled: object) -> str:
        """Return a sentence in the language of the sheet."""
        return gettext(message, self.language).format(**filled)

    def title(self, name: str) -> str:
        """Return the title of a message or channel, with its name."""
        title = titles(self.settings).get(name)
        return name if title is None else f"{in_language(title, self.language)} ({name})"

    def heading(self, send: ForcedSend) -> str:
        """Return whom a forced send is for, and over which channel."""
        filled = {"customer": masked(send.customer_id, STRICT), "channel": self.title(send.channel)}
        return self.text(N_("{customer} over {channel}"), **filled)

    def lines(self, send: ForcedSend) -> list[tuple[str, list[str]]]:
        """Return the lines of a forced send: what each is, and its values."""
        timed = {name: self._moment(value) for name, value in (send.timing or {}).items() if name != "timezone"}
        zone = self.settings.shop.timezone
        at = self.text(N_("{send_at} (between {not_before} and {not_after}), {zone}"), **timed, zone=zone) if timed else self.text(NO_TIME)
        incentive = send.incentive["cost_per_response"] if send.incentive else None
        return [
            (self.text(N_("Message")), [self.title(send.message_id)]),
            (self.text(N_("Content")), [send.content or self.text(NO_CONTENT)]),
            (
                self.text(N_("Products")),
                [self._product(each) for each in send.products] or [self.text(NO_PRODUCTS if self.ranked else NO_RANKING)],
            ),
            (
                self.text(N_("Incentive")),
                [self.text(N_("{money} per response"), money=self.formats.money(incentive)) if incentive else self.text(N_("none"))],
            ),
            (self.text(N_("Send time")), [at]),
            (self.text(N_("Fallbacks")), [self.title(name) for name in send.fallbacks] or [self.text(N_("none"))]),
            (self.text(N_("Personal reasons")), self._reasons(send)),
            (self.text(N_("Would hold it back in earnest")), self._held(send) or [self.text(NOTHING)]),
            (self.text(N_("Decided in earnest")), [self._earnest(send)]),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the sheet for JSON."""
        sends = [
            asdict(send) | {"products": [{"product_id": each, **self._described(each)} for each in send.products]} for send in self.sends
        ]
        checklist = [{"item": self.text(item), "in_order_if": self.text(rule)} for item, rule in CHECKLIST]
        at = show_instant(self.as_of, self.settings.shop.timezone)
        return {
            "as_of": at,
            "policy": self.policy,
            "committed": False,
            "paused": self.paused or None,
            "sends": sends,
            "checklist": checklist,
        }

    def to_text(self) -> str:
        """Return the sheet for a terminal, with the checklist to sign."""
        lines = [self.summary(), ""]
        for send in self.sends:
            lines.append(self.heading(send))
            for name, values in self.lines(send):
                lines += [f"  {name}: {values[0]}", *(f"    {value}" for value in values[1:])]
            lines.append("")
        lines.append(self.text(N_("Check before anybody else gets it")))
        for item, rule in CHECKLIST:
            lines.append(f"  [ ] {self.text(item)}: {self.text(rule)}")
        lines += ["", self.text(N_("Checked by: ____________________   on: ____________________"))]
        return "\n".join(lines) + "\n"

    def summary(self) -> str:
        """Return what the sheet is, that it committed nothing, and whether contacts are paused."""
        filled = {"as_of": self.formats.moment(self.as_of), "zone": self.settings.shop.timezone, "policy": self.policy}
        sentence = self.text(
            N_(
                "Test send as of {as_of} ({zone}), policy {policy}. Nothing was reserved, logged or sent, and nobody but these "
                "customers is in it."
            ),
            **filled,
        )
        if not self.paused:
            return sentence
        stopped = self.text(N_("All contacts are paused (`otokui pause`): in earnest nothing would be sent."))
        return paired(gettext("{first} {second}", self.language), [sentence, stopped])

    def _moment(self, text: str) -> str:
        return self.formats.moment(parse_instant(text, self.settings.shop.timezone))

    def _described(self, product_id: str) -> dict[str, Any]:
        return asdict(self.products.get(product_id, ShownProduct(None, None)))

    def _product(self, product_id: str) -> str:
        known = self.products.get(product_id, ShownProduct(None, None))
        named = f"{known.name} ({product_id})" if known.name else product_id
        if known.list_price is None:
            return named
        return self.text(N_("{product}, list price {money}"), product=named, money=self.formats.money(known.list_price))

    def _reasons(self, send: ForcedSend) -> list[str]:
        """Return the reasons that are true of the customer, never empty."""
        told = [each.get(key("text", self.language)) or each["text"] for each in send.reasons]
        if not send.known:
            return [self.text(NOT_KNOWN), *told]
        if not send.eligible:
            return [self.text(N_("none: the message is not meant for this customer"))]
        return told or [self.text(N_("none: the message has no condition"))]

    def _held(self, send: ForcedSend) -> list[str]:
        """Return what would keep the message from this customer in earnest: conditions and constraints."""
        unmet = send.unmet.get(key("unmet", self.language)) or send.unmet.get("unmet", ())
        held = []
        if not send.eligible:
            why = paired(gettext("{first}; {second}", self.language), list(unmet))
            held.append(
                self.text(N_("Not meant for this customer: {unmet}"), unmet=why) if unmet else self.text(N_("Not meant for this customer"))
            )
        for rule in send.held_by:
            filled = {"code": rule["code"], "text": gettext(rule["text"], self.language)}
            if rule["until"]:
                filled["until"] = self._moment(rule["until"])
                held.append(self.text(N_("rule {code}: {text}, until {until} at the latest"), **filled))
            else:
                held.append(self.text(N_("rule {code}: {text}"), **filled))
        return held

    def _earnest(self, send: ForcedSend) -> str:
        status, message, channel = (send.earnest[name] for name in ("status", "message_id", "channel"))
        told = self.text(STATUS[status or "error"])
        if not message or not channel:
            return told
        return self.text(N_("{status}: {message} over {channel}"), status=told, message=self.title(message), channel=self.title(channel))
