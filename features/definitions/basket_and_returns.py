"""Features of baskets: list price or sale (PB), categories, attributes and brands (CTB), novelty, margin."""

from __future__ import annotations

from features.arithmetic import breadth, entropy, largest_at, ratio, top_share
from features.feature import Change, feature
from otokui.domain import DAY
from otokui.frames import Floats

NEVER = "never bought"
NO_PRODUCTS = "never bought, or no product records"
NO_LIST_PRICE = "no purchase with a known list price"
LINES = "order_lines"
PRODUCTS = "order_lines and products"


@feature(unit="pieces, >= 0", null=NEVER, source=LINES)
def pieces_per_order(quantity_sum: Floats, purchase_count: Floats) -> Floats:
    """Pieces per purchase. From: order_lines."""
    return ratio(quantity_sum, purchase_count)


@feature(unit="lines, >= 1", null=NEVER, source=LINES, change=Change("put more than one product in the basket"))
def lines_per_order(line_count: Floats, purchase_count: Floats) -> Floats:
    """Different products per purchase. From: order_lines."""
    return ratio(line_count, purchase_count)


@feature(unit="money, >= 0", null=NEVER, source=LINES)
def mean_unit_price(paid_sum: Floats, quantity_sum: Floats) -> Floats:
    """Money per piece. From: order_lines."""
    return ratio(paid_sum, quantity_sum)


@feature(unit="share, 0..1", null=NO_LIST_PRICE, source=LINES)
def discount_share(discounted_paid_sum: Floats, listed_paid_sum: Floats) -> Floats:
    """Share of money that went on discounted lines (PB: sale buyers). From: order_lines."""
    return ratio(discounted_paid_sum, listed_paid_sum)


@feature(unit="share, 0..1", null=NO_LIST_PRICE, source=LINES)
def list_price_share(discounted_paid_sum: Floats, listed_paid_sum: Floats) -> Floats:
    """Share of money that was paid at list price (PB: list-price buyers). From: order_lines."""
    return 1.0 - ratio(discounted_paid_sum, listed_paid_sum)


@feature(unit="share, 0..1", null=NO_LIST_PRICE, source=LINES)
def discount_depth(discount_sum: Floats, list_sum: Floats) -> Floats:
    """Money saved against list price. From: order_lines."""
    return ratio(discount_sum, list_sum)


@feature(unit="share, 0..1", null=NO_PRODUCTS, source=PRODUCTS)
def top_category_share(category_spend: Floats) -> Floats:
    """Share of money in the favourite category (CTB: C). From: order_lines and products."""
    return top_share(category_spend)


@feature(
    unit="count, 0..12",
    null="no product records",
    source=PRODUCTS,
    change=Change("buy from another category"),
)
def category_breadth(category_spend: Floats) -> Floats:
    """Categories bought from (CTB: C). From: order_lines and products."""
    return breadth(category_spend)


@feature(unit="quadratic entropy, 0..0.92", null=NO_PRODUCTS, source=PRODUCTS)
def category_entropy(category_spend: Floats) -> Floats:
    """How evenly money spreads over categories (CTB: C). From: order_lines and products."""
    return entropy(category_spend)


@feature(unit="bucket, 0..11", null=NO_PRODUCTS, source=PRODUCTS)
def favourite_category(category_spend: Floats) -> Floats:
    """The category with most money (CTB: C). From: order_lines and products."""
    return largest_at(category_spend)


@feature(unit="share, 0..1", null=NO_PRODUCTS, source=PRODUCTS)
def top_taste_share(taste_spend: Floats) -> Floats:
    """Share of money in the favourite taste (CTB: T). From: order_lines and products."""
    return top_share(taste_spend)


@feature(
    unit="count, 0..8",
    null="no product records",
    source=PRODUCTS,
    change=Change("try another colour, pattern, material or size"),
)
def taste_breadth(taste_spend: Floats) -> Floats:
    """Tastes bought (CTB: T). From: order_lines and products."""
    return breadth(taste_spend)


@feature(unit="quadratic entropy, 0..0.88", null=NO_PRODUCTS, source=PRODUCTS)
def taste_entropy(taste_spend: Floats) -> Floats:
    """How evenly money spreads over tastes (CTB: T). From: order_lines and products."""
    return entropy(taste_spend)


@feature(unit="share, 0..1", null=NO_PRODUCTS, source=PRODUCTS)
def top_brand_share(brand_spend: Floats) -> Floats:
    """Share of money in the favourite brand (CTB: B). From: order_lines and products."""
    return top_share(brand_spend)


@feature(unit="count, 0..8", null="no product records", source=PRODUCTS, change=Change("try another brand"))
def brand_breadth(brand_spend: Floats) -> Floats:
    """Brands bought (CTB: B). From: order_lines and products."""
    return breadth(brand_spend)


@feature(unit="quadratic entropy, 0..0.88", null=NO_PRODUCTS, source=PRODUCTS)
def brand_entropy(brand_spend: Floats) -> Floats:
    """How evenly money spreads over brands (CTB: B). From: order_lines and products."""
    return entropy(brand_spend)


@feature(unit="share, 0..1", null=NO_PRODUCTS, source=PRODUCTS, change=Change("buy a new arrival"))
def new_arrival_share(new_arrival_paid_sum: Floats, paid_sum: Floats) -> Floats:
    """Share of money spent within 60 days of a product's launch: trend-first customers. From: order_lines and products."""
    return ratio(new_arrival_paid_sum, paid_sum)


@feature(unit="share, up to 1", null="no purchase with a known cost", source=PRODUCTS)
def margin_rate(margin_sum: Floats, costed_paid_sum: Floats) -> Floats:
    """Margin in what was paid, where the cost is known. From: order_lines and products."""
    return ratio(margin_sum, costed_paid_sum)


@feature(unit="days, below 0 = used up", null="nothing bought that is replenished", source=PRODUCTS)
def days_to_replenishment(replenish_due_at: Floats, as_of: float) -> Floats:
    """Days until the last of the replenished products is used up. From: order_lines and products."""
    return (replenish_due_at - as_of) / DAY


@feature(unit="share, 0..1", null=NEVER, source=LINES)
def return_share(returned_quantity_sum: Floats, quantity_sum: Floats) -> Floats:
    """Share of pieces that came back. From: order_lines."""
    return ratio(returned_quantity_sum, quantity_sum)
