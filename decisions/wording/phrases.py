"""Wordings of reasons for people; the decision itself holds only code and numbers.

As text in every row, a million decisions would carry the same sentence a million times, and a better wording would change the bytes of
the decisions. The sentence is English here; the catalogues hold the others (``otokui.wording.i18n``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from otokui.wording.i18n import N_, SOURCE, Translatable, in_language, pgettext
from otokui.wording.numerals import written


@dataclass(frozen=True, slots=True)
class Number:
    """Number in a sentence: its placeholder, its column and its format."""

    name: str
    column: str
    spec: str = ",.6g"


Both = tuple[str, str, tuple[str, str], tuple[str, ...]]
"""A sentence in English and in Japanese, the two without numbers, and how its numbers are written."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Wording of one sentence, with placeholders for its numbers and for ``values``.

    values: texts that are known beforehand; numbers: two at most; plain: the sentence if one is not known; context: of both in the
    catalogues.
    """

    text: str
    numbers: tuple[Number, ...] = ()
    plain: str = ""
    values: Mapping[str, Translatable | str] = field(default_factory=dict)
    context: str = ""
    _ready: dict[str, tuple[str, str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    both: Both | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the numbers."""
        return tuple(number.column for number in self.numbers)

    def of_shop(self, currency: str) -> Wording:
        """Return the wording with the shop's currency."""
        return replace(self, values={**self.values, "currency": currency})

    def ready(self, language: str) -> tuple[str, str]:
        """Return the wording of a language, with ``{0}`` and ``{1}``, and the plain one.

        Both are made once.
        """
        if language not in self._ready:
            texts = {name: _braced(in_language(value, language)) for name, value in self.values.items()}
            places = {number.name: f"{{{place}}}" for place, number in enumerate(self.numbers)}
            text, plain = (pgettext(self.context, each, language) if each else "" for each in (self.text, self.plain))
            whole = text.format(**texts, **places) if texts or places else _braced(text)
            self._ready[language] = whole, plain.format(**{name: in_language(value, language) for name, value in self.values.items()})
        return self._ready[language]

    def make_both(self) -> Both:
        """Make the English and Japanese wordings of every decision, and cache them.

        Reasons are written by the thousand.
        """
        (text, plain), (text_ja, plain_ja) = self.ready("en"), self.ready("ja")
        without = (plain, plain_ja) if self.numbers else (text.format(), text_ja.format())
        object.__setattr__(self, "both", (text, text_ja, without, tuple(number.spec for number in self.numbers)))
        assert self.both is not None
        return self.both


WORDINGS: dict[str, Wording] = {
    # why this customer
    "overdue": Wording(
        N_("Usually buys every {gap} days; {days} days have passed"),
        (
            Number("gap", "mean_gap_days", ".0f"),
            Number("days", "recency_days", ".0f"),
        ),
        N_("Due to buy again"),
    ),
    "second_purchase": Wording(
        N_("Bought once, {days} days ago; the second purchase is the step most customers never take"),
        (Number("days", "recency_days", ".0f"),),
        N_("Has bought once so far"),
    ),
    "repeat_buyer": Wording(N_("Has bought {times} times"), (Number("times", "purchase_count", ".0f"),), N_("Has bought before")),
    "last_purchase": Wording(
        N_("The last purchase was {days} days ago"), (Number("days", "recency_days", ".0f"),), N_("Has bought before")
    ),
    "cart_left": Wording(
        N_("Left a product in the cart {days} days ago"), (Number("days", "days_since_cart_add", ".1f"),), N_("Left a product in the cart")
    ),
    "browsed": Wording(
        N_("Looked at products {days} days ago without buying"),
        (Number("days", "days_since_product_view", ".1f"),),
        N_("Looked at products without buying"),
    ),
    "used_up": Wording(
        N_("What was bought last is used up in {days} days (below 0: already)"),
        (Number("days", "days_to_replenishment", ".0f"),),
        N_("What was bought last is nearly used up"),
    ),
    "trend_first": Wording(
        N_("{share} of what was bought was new on sale"), (Number("share", "new_arrival_share", ".0%"),), N_("Likes what is new")
    ),
    "leaving": Wording(N_("{chance} likely not to come back"), (Number("chance", "churn_probability", ".0%"),), N_("May be leaving")),
    "future_loyal": Wording(
        N_("{chance} likely to become a loyal customer"),
        (Number("chance", "future_loyal_probability", ".0%"),),
        N_("May become a loyal customer"),
    ),
    "sale_buyer": Wording(
        N_("{share} of the money went on discounted products"), (Number("share", "discount_share", ".0%"),), N_("Buys at sales")
    ),
    "list_price_buyer": Wording(
        N_("{share} of what was bought was at list price"), (Number("share", "list_price_share", ".0%"),), N_("Buys at list price")
    ),
    "birthday": Wording(N_("The birthday is this month")),
    "asked_for_help": Wording(N_("Asked for help recently")),
    "new_customer": Wording(
        N_("New customer: the first purchase was {days} days ago"), (Number("days", "tenure_days", ".0f"),), N_("New customer")
    ),
    "active": Wording(N_("Buys in the usual rhythm")),
    "good": Wording(
        N_("A good customer with {purchases} purchases"), (Number("purchases", "purchase_count", ".0f"),), N_("A good customer")
    ),
    "loyal": Wording(
        N_("A loyal customer with {purchases} purchases"), (Number("purchases", "purchase_count", ".0f"),), N_("A loyal customer")
    ),
    "dormant": Wording(N_("No purchase for {days} days"), (Number("days", "recency_days", ".0f"),), N_("No purchase for long")),
    "churned": Wording(N_("No purchase for {days} days; counted as lost"), (Number("days", "recency_days", ".0f"),), N_("Counted as lost")),
    "prospect": Wording(N_("Has not bought yet")),
    # why this candidate, or none
    "best_value": Wording(
        N_("Of all that is permitted, worth the most: {value} {currency} expected"),
        (Number("value", "expected_value", ",.2f"),),
        N_("Of all that is permitted, worth the most"),
    ),
    "explored": Wording(N_("Drawn at random among what is permitted and worth it, to learn")),
    "usual": Wording(N_("Sent as the shop did before, for comparison")),
    "not_worth_it": Wording(
        N_("The best contact would be worth {value} {currency}, not enough to send it"),
        (Number("value", "expected_value", ",.2f"),),
        N_("No contact is worth sending"),
    ),
    "wears_out": Wording(
        N_("The best contact would be worth {value} {currency}, but takes {taken} from those to come: too many were sent of late"),
        (
            Number("value", "expected_value", ",.2f"),
            Number("taken", "taken_from_later", ",.2f"),
        ),
        N_("Too many contacts of late for another one to be worth it"),
    ),
    "nothing_eligible": Wording(N_("No message is meant for this customer now")),
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Sentence with its numbers, not yet in a language."""

    wording: Wording
    numbers: tuple[float, float] = (math.nan, math.nan)

    def in_language(self, language: str) -> str:
        """Return the sentence in a language."""
        return say(self.wording, self.numbers, language)


def say(wording: Wording, numbers: tuple[float, float], language: str = SOURCE) -> str:
    """Return the sentence of a wording in a language; without numbers if one is unknown."""
    text, plain = wording.ready(language)
    used = numbers[: len(wording.numbers)]
    if not all(math.isfinite(number) for number in used):
        return plain
    return text.format(*(written(value, number.spec, language) for number, value in zip(wording.numbers, used, strict=True)))


def render(wording: Wording, numbers: tuple[float, float]) -> tuple[str, str]:
    """Return the sentence of a wording in English and in Japanese.

    They are ``text`` and ``text_ja`` of a decision. Both write numbers as Python does (``otokui.wording.numerals``), so that a number is
    formatted once for the two.
    """
    text, text_ja, plain, specs = wording.both or wording.make_both()
    if not specs:
        return plain
    if len(specs) == 1:
        value = numbers[0]
        if not math.isfinite(value):
            return plain
        digits = format(value, specs[0])
        return text.format(digits), text_ja.format(digits)
    a, b = numbers
    if not (math.isfinite(a) and math.isfinite(b)):
        return plain
    first, second = format(a, specs[0]), format(b, specs[1])
    return text.format(first, second), text_ja.format(first, second)


def _braced(text: str) -> str:
    """Escape braces of a text for a later ``format``."""
    return text.replace("{", "{{").replace("}", "}}")
