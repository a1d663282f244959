"""How a reason reads to a person, in English and in Japanese; the decision itself keeps only code and numbers.

Kept as text in every row, a million decisions would carry the same sentence a million times, and a better
wording would change the bytes of what was decided.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Wording:
    """One sentence in two languages; ``{a}`` and ``{b}`` are its numbers, ``{currency}`` is the shop's.

    plain, plain_ja: what is said where a number is not known; columns: where the numbers come from.
    """

    text: str
    text_ja: str
    columns: tuple[str, ...] = ()
    plain: str = ""
    plain_ja: str = ""

    def of_shop(self, currency: str) -> Wording:
        """Return it with the shop's currency in its place."""
        text, text_ja = (each.replace("{currency}", currency) for each in (self.text, self.text_ja))
        return replace(self, text=text, text_ja=text_ja)


WORDINGS: dict[str, Wording] = {
    # why this customer
    "overdue": Wording(
        "Usually buys every {a:.0f} days; {b:.0f} days have passed",
        "普段は{a:.0f}日ごとに購入、現在{b:.0f}日経過",
        ("mean_gap_days", "recency_days"),
        "Due to buy again",
        "次の購入時期に近づいています",
    ),
    "second_purchase": Wording(
        "Bought once, {a:.0f} days ago; the second purchase is the step most customers never take",
        "初回購入から{a:.0f}日、2回目の購入がまだありません",
        ("recency_days",),
        "Has bought once so far",
        "購入はまだ1回です",
    ),
    "repeat_buyer": Wording(
        "Has bought {a:.0f} times", "これまでに{a:.0f}回購入", ("purchase_count",), "Has bought before", "購入経験があります"
    ),
    "last_purchase": Wording(
        "The last purchase was {a:.0f} days ago", "最終購入から{a:.0f}日経過", ("recency_days",), "Has bought before", "購入経験があります"
    ),
    "cart_left": Wording(
        "Left a product in the cart {a:.1f} days ago",
        "{a:.1f}日前にカートに入れたまま購入していません",
        ("days_since_cart_add",),
        "Left a product in the cart",
        "カートに商品が残っています",
    ),
    "browsed": Wording(
        "Looked at products {a:.1f} days ago without buying",
        "{a:.1f}日前に商品を閲覧、購入には至っていません",
        ("days_since_product_view",),
        "Looked at products without buying",
        "商品を閲覧しましたが購入していません",
    ),
    "used_up": Wording(
        "What was bought last is used up in {a:.0f} days (below 0: already)",
        "前回の商品を使い切るまであと{a:.0f}日(マイナスは経過)",
        ("days_to_replenishment",),
        "What was bought last is nearly used up",
        "前回の商品を使い切る頃です",
    ),
    "trend_first": Wording(
        "{a:.0%} of what was bought was new on sale",
        "購入金額の{a:.0%}が発売間もない新商品",
        ("new_arrival_share",),
        "Likes what is new",
        "新商品をよく購入されています",
    ),
    "leaving": Wording(
        "{a:.0%} likely not to come back", "離反の可能性が{a:.0%}", ("churn_probability",), "May be leaving", "離反の兆しがあります"
    ),
    "future_loyal": Wording(
        "{a:.0%} likely to become a loyal customer",
        "ロイヤル顧客になる可能性が{a:.0%}",
        ("future_loyal_probability",),
        "May become a loyal customer",
        "ロイヤル顧客になる可能性があります",
    ),
    "sale_buyer": Wording(
        "{a:.0%} of the money went on discounted products",
        "購入金額の{a:.0%}が割引商品",
        ("discount_share",),
        "Buys at sales",
        "セールでの購入が中心です",
    ),
    "list_price_buyer": Wording(
        "{a:.0%} of what was bought was at list price",
        "購入金額の{a:.0%}が定価",
        ("list_price_share",),
        "Buys at list price",
        "定価での購入が中心です",
    ),
    "birthday": Wording("The birthday is this month", "今月がお誕生月です"),
    "asked_for_help": Wording("Asked for help recently", "最近お問い合わせがありました"),
    "new_customer": Wording(
        "New customer: the first purchase was {a:.0f} days ago",
        "初回購入から{a:.0f}日の新しいお客様",
        ("tenure_days",),
        "New customer",
        "新しいお客様です",
    ),
    "active": Wording("Buys in the usual rhythm", "普段どおりのペースで購入されています"),
    "good": Wording(
        "A good customer with {a:.0f} purchases", "{a:.0f}回購入の優良なお客様", ("purchase_count",), "A good customer", "優良なお客様です"
    ),
    "loyal": Wording(
        "A loyal customer with {a:.0f} purchases",
        "{a:.0f}回購入のロイヤル顧客",
        ("purchase_count",),
        "A loyal customer",
        "ロイヤル顧客です",
    ),
    "dormant": Wording(
        "No purchase for {a:.0f} days", "{a:.0f}日間購入がありません", ("recency_days",), "No purchase for long", "しばらく購入がありません"
    ),
    "churned": Wording(
        "No purchase for {a:.0f} days; counted as lost",
        "{a:.0f}日間購入がなく、離反と見なされています",
        ("recency_days",),
        "Counted as lost",
        "離反と見なされています",
    ),
    "prospect": Wording("Has not bought yet", "まだ購入がありません"),
    # why this candidate, or none
    "best_value": Wording(
        "Of all that is permitted, worth the most: {a:,.2f} {currency} expected",
        "配信可能な中で期待値が最も高い({a:,.2f} {currency})",
        ("expected_value",),
        "Of all that is permitted, worth the most",
        "配信可能な中で期待値が最も高い施策です",
    ),
    "explored": Wording(
        "Drawn at random among what is permitted and worth it, to learn", "学習のため、配信可能な施策から無作為に選びました"
    ),
    "not_worth_it": Wording(
        "The best contact would be worth {a:,.2f} {currency}, not enough to send it",
        "最良の施策でも期待値は{a:,.2f} {currency}で、送る価値に達しません",
        ("expected_value",),
        "No contact is worth sending",
        "送る価値のある施策がありません",
    ),
    "wears_out": Wording(
        "The best contact would be worth {a:,.2f} {currency}, but takes {b:,.2f} from those to come: too many were sent of late",
        "最良の施策の期待値は{a:,.2f} {currency}ですが、最近の配信が多く、今後の配信の効果を{b:,.2f}下げます",
        ("expected_value", "taken_from_later"),
        "Too many contacts of late for another one to be worth it",
        "最近の配信が多いため、送る価値のある施策がありません",
    ),
    "nothing_eligible": Wording("No message is meant for this customer now", "今このお客様に合うメッセージがありません"),
}


def render(wording: Wording, numbers: tuple[float, float]) -> tuple[str, str]:
    """Return the sentence in English and in Japanese; without its numbers where one of them is not known."""
    used = numbers[: len(wording.columns)]
    if wording.columns and not all(math.isfinite(number) for number in used):
        return wording.plain, wording.plain_ja
    a, b = numbers
    return wording.text.format(a=a, b=b), wording.text_ja.format(a=a, b=b)
