"""Which products come into question, why, and which may be shown."""

from __future__ import annotations

from itertools import product as cross

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from features.products.candidates import COLUMNS, ProductCandidates, RecommendationInputs, Why, candidates
from features.products.lines import Lines
from features.products.looks import ProductViews
from otokui.domain import DAY, Instant

NOW = Instant(200 * DAY)
DESCRIBED = pl.DataFrame(
    {
        "product_id": ["beans", "cup", "filter", "tea"],
        "category_m": ["coffee", "ware", "ware", "tea"],
        "replenish_days": [30.0, None, None, None],
        "in_stock": [True, True, True, False],
    }
)


def known(rows: list[tuple[str, str, float]], looked: list[tuple[str, str, str, float]] | None = None) -> RecommendationInputs:
    """What is known on day 200 of purchases (customer, product, day) and events (customer, product, type, day)."""
    schema = ["customer_id", "product_id", "ordered_at", "known_at", "paid_amount", "quantity"]
    table = pl.DataFrame([(c, p, int(d * DAY), int(d * DAY), 10.0, 1.0) for c, p, d in rows], schema=schema, orient="row")
    lines = Lines.of(table, DESCRIBED, also_seen=DESCRIBED["product_id"])
    events = pl.DataFrame(
        [(c, p, t, int(d * DAY), int(d * DAY)) for c, p, t, d in looked or []],
        schema={"customer_id": pl.String, "product_id": pl.String, "type": pl.String, "occurred_at": pl.Int64, "known_at": pl.Int64},
        orient="row",
    )
    return RecommendationInputs.at(lines, ProductViews.of(events, lines), NOW)


def found(what: RecommendationInputs, customer: str) -> dict[str, tuple[Why, bool]]:
    """The candidates of one customer by product: why, and whether it may be shown."""
    number = list(what.lines.customer_ids).index(customer)
    (only,) = candidates(what, np.array([number]))
    ids = what.lines.products.product_ids[only.product]
    return {str(p): (Why(int(w)), bool(s)) for p, w, s in zip(ids, only.why, only.showable, strict=True)}


REGULARS = [(f"c{i}", p, 100.0 + i) for i, p in cross(range(6), ("beans", "filter"))]


def test_what_like_minded_customers_bought_comes_into_question() -> None:
    """Six customers bought beans and filters; Ada has only the beans."""
    told = found(known([*REGULARS, ("ada", "beans", 150.0)]), "ada")

    assert Why.SIMILAR in told["filter"][0]
    assert told["filter"][1] is True


def test_a_product_just_bought_is_not_shown_and_one_due_again_is() -> None:
    """Beans last 30 days: after 5 they are not shown, after 50 they are."""
    just, due = (found(known([*REGULARS, ("ada", "beans", day)]), "ada")["beans"] for day in (195.0, 150.0))

    assert Why.REPURCHASE in just[0]
    assert (just[1], due[1]) == (False, True)


def test_what_is_owned_and_not_bought_again_is_not_shown() -> None:
    """Nobody buys a second cup."""
    told = found(known([*REGULARS, *((f"c{i}", "cup", 120.0) for i in range(6)), ("ada", "cup", 50.0)]), "ada")

    assert told["cup"][1] is False


def test_what_is_out_of_stock_is_not_shown() -> None:
    """Tea was looked at and cannot be bought."""
    told = found(known([*REGULARS, ("ada", "beans", 150.0)], [("ada", "tea", "product_view", 199.0)]), "ada")

    assert Why.VIEWED in told["tea"][0]
    assert told["tea"][1] is False


def test_the_cart_is_a_reason_of_its_own() -> None:
    """The cup lies in the cart since yesterday; a month-old cart is forgotten."""
    fresh = found(known([*REGULARS, ("ada", "beans", 150.0)], [("ada", "cup", "cart_add", 199.0)]), "ada")
    stale = found(known([*REGULARS, ("ada", "beans", 150.0)], [("ada", "cup", "cart_add", 160.0)]), "ada")

    assert Why.CART in fresh["cup"][0]
    assert "cup" not in stale


PURCHASES = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["beans", "cup", "filter", "tea"]), st.floats(0, 199)), min_size=1, max_size=60
)


@settings(max_examples=40, deadline=None)
@given(PURCHASES)
def test_candidates_of_one_customer_do_not_depend_on_who_else_is_asked(rows: list[tuple[str, str, float]]) -> None:
    """Asked alone or all together: the same candidates, values and reasons."""
    what = known(rows)
    everybody = np.arange(len(what.lines.customer_ids))
    together = list(candidates(what, everybody))

    for number in everybody:
        (alone,) = candidates(what, np.array([number]))
        same = rows_of(together, int(number))
        assert alone.product.tolist() == same.product.tolist()
        assert alone.why.tolist() == same.why.tolist()
        np.testing.assert_array_equal(alone.values, same.values)


@settings(max_examples=40, deadline=None)
@given(PURCHASES)
def test_nothing_shown_is_out_of_stock_or_just_bought(rows: list[tuple[str, str, float]]) -> None:
    """Whatever was bought, tea is never shown, nor what the customer bought less than half its usual gap ago."""
    what = known(rows)
    overdue = COLUMNS.index("own_overdue")

    for part in candidates(what, np.arange(len(what.lines.customer_ids))):
        ids = what.lines.products.product_ids[part.product]
        assert not part.showable[ids == "tea"].any()
        assert not part.showable[part.values[:, overdue] < 0.5].any()


def rows_of(parts: list[ProductCandidates], customer: int) -> ProductCandidates:
    """The candidates of one customer among those of several."""
    (whole,) = (p for p in parts if (p.customer == customer).any())
    kept = whole.customer == customer
    return ProductCandidates(whole.customer[kept], whole.product[kept], whole.values[kept], whole.why[kept], whole.showable[kept])
