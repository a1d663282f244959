"""Contacts of the record store: rows that each tell one outcome never lose one, whatever their order and however they are cut."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from otokui.domain import DAY, Instant, show_instant
from tests.contact_rule import TIMES, T, merged, sensible, versions
from tests.unit.pipelines.ingesting import Shop

NOW = Instant(T + 30 * DAY)
NAMES = ("contact_id", "customer_id", "message_id", "channel", "sent_at", *TIMES, "machine_open", "converted_amount", "bounce_type")
SEEN = ("sent_at", *TIMES, "machine_open", "converted_amount", "bounce_type", "decision_id")


def export(rows: list[dict[str, Any]], *, known: bool = True) -> str:
    """Rows as a send engine exports them."""
    columns = (*NAMES, "decision_id", *(("known_at",) if known else ()))
    return "\n".join([",".join(columns), *(",".join(_cell(name, row[name]) for name in columns) for row in rows)]) + "\n"


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    return show_instant(value) if name.endswith("_at") else str(value).lower()


def seen(shop: Shop) -> dict[str, Any]:
    """The contact as the store shows it."""
    (row,) = shop.rows("contacts", *SEEN, before=Instant(NOW + DAY))
    return dict(zip(SEEN, row, strict=True))


@settings(max_examples=8, deadline=None)
@given(rows=st.lists(versions, min_size=1, max_size=5), order=st.randoms(use_true_random=False))
def test_rows_of_one_batch_merge(rows: list[dict[str, Any]], order: Any) -> None:
    """Also those known at one time, of which nothing says which is later."""
    order.shuffle(rows)
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        shop.bring(now=NOW, contacts=export(rows))
        assert shop.quarantined("contacts") == []
        assert seen(shop) == merged(rows)


@settings(max_examples=6, deadline=None)
@given(
    truth=versions,
    known=st.lists(st.integers(0, 9), min_size=2, max_size=4, unique=True),
    told=st.lists(st.sets(st.sampled_from(TIMES)), min_size=4, max_size=4),
)
def test_rows_of_several_batches_add_up(truth: dict[str, Any], known: list[int], told: list[set[str]]) -> None:
    """Each row tells some outcomes, and batches come in any order: what a late row tells reaches the later versions."""
    hidden = [set(TIMES) - outcomes for outcomes in told]
    rows = [
        sensible(truth | {"known_at": T + 10 + at} | dict.fromkeys(outcomes))
        for at, outcomes in zip(known, hidden[: len(known)], strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        for row in rows:
            shop.bring(now=NOW, contacts=export([row]))
        assert seen(shop) == merged(rows)


def test_rows_without_a_time_of_knowledge_add_up() -> None:
    """One row delivered, one opened, one clicked, in one file and in the next."""
    row: dict[str, Any] = dict.fromkeys(SEEN) | {
        "customer_id": "ada",
        "contact_id": "k",
        "message_id": "news",
        "channel": "email",
        "sent_at": T,
    }
    told = [row | {"delivered_at": T + 1}, row | {"opened_at": T + 2}, row | {"clicked_at": T + 3}]
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        shop.bring(now=NOW, contacts=export(told[1:], known=False))
        shop.bring(now=Instant(NOW + 1), contacts=export(told[:1], known=False))
        assert {name: value for name, value in seen(shop).items() if value is not None} == {
            "sent_at": T, "delivered_at": T + 1, "opened_at": T + 2, "clicked_at": T + 3,
        }  # fmt: skip
        assert shop.quarantined("contacts") == []
