"""What every feature and every fact must hold, enumerated, so that nobody has to remember a new one."""

import ast
import inspect

import numpy as np
import pytest

from features.catalogue import CATALOGUE, MODULES, reads
from features.feature import Feature
from features.summaries.fact import Fact, Merge
from features.summaries.families import FAMILIES
from features.summaries.summary import STAGES, SUMMARY, summarise, summary_names
from features.vectors import derive
from otokui.data_contract.tables import TABLES
from otokui.domain import CutoffDate, Instant
from otokui.frames import Batch, texts
from tests.builders import SCHEMAS, day, records, summaries

NOW = Instant(day(400))
RELIED_ON = (
    "recency_days", "tenure_days", "purchase_count", "overdue_ratio", "mean_gap_days", "mean_order_value", "paid_sum",
    "days_since_cart_add", "days_since_product_view", "days_since_last_visit", "undelivered_orders", "list_price_share",
    "discount_share", "birthday_month_now", "enquiry_decay_30", "days_since_last_contact",
)  # fmt: skip
FACTS_RELIED_ON = (
    "has_record", "first_purchase_at", "last_purchase_at", "purchase_count", "paid_sum", "list_sum", "discount_sum",
    "quantity_sum", "line_count", "returned_quantity_sum", "cancelled_count", "delivered_count", "last_open_order_at",
    "last_delivered_at", "last_sent_at", "last_opened_at", "last_clicked_at", "sent_decay_14", "sent_decay_90", "registered_at",
    "birth_year", "birth_month", "visit_count", "last_visit_at", "enquiry_count", "cart_add_count", "product_view_count",
    *(f"purchase_at_{k}" for k in range(1, 9)), *(f"paid_at_{k}" for k in range(1, 9)), *(f"active_hour_{k}" for k in range(8)),
    *(f"purchase_weekday_{d}" for d in range(1, 8)), *(f"purchase_hours_{k}" for k in range(8)),
    *(f"{kind}_decay_{h}" for kind in ("purchases", "spend") for h in (14, 30, 90, 365)),
)  # fmt: skip


def hostile() -> Batch:
    """Return rows that no record would make: nulls, zeros, negative and enormous numbers, in every mixture."""
    values = np.array([np.nan, 0.0, -1.0, 1.0, 1e300, -1e300, 5e-324, float(NOW), float(NOW) + 1.0])
    rows = np.random.default_rng(7).choice(values, size=(500, len(summary_names())))
    for i, value in enumerate(values):
        rows[i] = value
    return Batch(texts([f"c-{i}" for i in range(len(rows))]), summary_names(), rows)


HOSTILE = derive(hostile(), NOW)
NOTHING = derive(summaries({}), NOW)


@pytest.mark.parametrize("feature", CATALOGUE, ids=lambda feature: feature.name)
class TestEveryFeature:
    def test_says_what_it_is(self, feature: Feature) -> None:
        """A reader of the catalogue can trust the column without reading the code."""
        assert feature.unit
        assert feature.null
        assert "From: " in feature.says
        assert all(
            source in (*SCHEMAS, "the instant asked about")
            for source in feature.source.replace(" and what became of them", "").replace(" and ", ", ").split(", ")
        )

    def test_reads_columns_that_summaries_have(self, feature: Feature) -> None:
        """An argument that is no column would fail only when it serves."""
        assert set(reads(feature)) <= set(summary_names())

    def test_is_finite_or_null(self, feature: Feature) -> None:
        """Infinity is neither learnt from nor scored."""
        assert not np.isinf(HOSTILE.column(feature.name)).any()

    def test_of_nothing_is_null_or_finite(self, feature: Feature) -> None:
        """A customer without any record raises nothing, and what is null for want of records is null."""
        (value,) = NOTHING.column(feature.name)

        assert np.isnan(value) != (feature.null == "never null")


@pytest.mark.parametrize("fact", SUMMARY, ids=lambda fact: fact.name)
class TestEveryFact:
    def test_says_what_it_is_and_how_it_merges(self, fact: Fact) -> None:
        """The data dictionary and the Feast view are read from here."""
        assert fact.says
        assert fact.merge in Merge
        assert {part.stage for part in fact.parts} <= {stage.name for stage in STAGES}

    def test_adds_up_only_what_is_summed(self, fact: Fact) -> None:
        """Only a sum may come from several kinds of record."""
        assert len(fact.parts) <= 1 or fact.merge is Merge.SUM


def test_names_are_once() -> None:
    """A column that stands twice would hide one of the two."""
    assert len(set(summary_names())) == len(summary_names())


def test_families_stand_unbroken_in_the_summary() -> None:
    """A family is a view of neighbouring columns."""
    for members in FAMILIES.values():
        first = summary_names().index(members[0])
        assert summary_names()[first : first + len(members)] == members


def test_what_other_rooms_rely_on_is_there() -> None:
    """Decisions, scoring and training read these by name."""
    assert set(RELIED_ON) <= {feature.name for feature in CATALOGUE}
    assert set(FACTS_RELIED_ON) <= set(summary_names())


def test_stages_need_frames_that_sources_have() -> None:
    """A misspelt table would be absent for ever."""
    assert {table for stage in STAGES for table in stage.needs} <= {*TABLES, "deliveries", "contact_outcomes"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_features_use_only_arithmetic_that_rounds_alike_everywhere(module: object) -> None:
    """exp, log, pow and sin differ in the last bit between machines; then batch would not equal online."""
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

    assert not called & {
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "power",
        "pow",
        "sin",
        "cos",
        "tan",
        "tanh",
        "cbrt",
        "hypot",
    }
    assert not any(isinstance(node, ast.Pow) for node in ast.walk(tree))


@pytest.mark.parametrize("absent", [None, *sorted(SCHEMAS)])
def test_every_table_may_be_absent_or_empty(absent: str | None) -> None:
    """A shop brings what it has; whatever is missing, the columns are the same."""
    present = {name: () for name in SCHEMAS if name != absent}

    summaries = summarise(records(**present), CutoffDate(day(1))).collect("polars").to_native()

    assert summaries.columns == ["customer_id", *summary_names()]
    assert set(map(str, summaries.dtypes[1:])) == {"Float64"}
    assert summaries.height == 0
