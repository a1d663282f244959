"""Ids of files: one rule for every column of ids, and what breaks it is set aside by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.pipelines.ingesting import TRANSACTIONS, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop without records."""
    return Shop(tmp_path)


@pytest.mark.parametrize("odd", ["a\x00b", "a\u200b", "👩\u200d👩\u200d👧", "a\u2028b", "x" * 129])
def test_what_cannot_be_an_id_is_set_aside(shop: Shop, odd: str) -> None:
    """Under a rule of its own, with column, line and fix, a value that cannot be read is hidden; the other rows come in."""
    rows = [f"c{i},2024-01-01,1\n" for i in range(30)]
    report = shop.bring(transactions=TRANSACTIONS + "".join(rows[:2]) + f"{odd},2024-01-01,1\n" + "".join(rows[2:]))

    (finding,) = [found for found in report.findings if found.rule == "not_an_id"]
    assert (finding.column, finding.lines, finding.count) == ("customer_id", (4,), 1)
    assert "\x00" not in finding.says
    assert "\u200b" not in report.render()
    assert "1 to 128 printable characters" in finding.fix
    assert len(shop.rows("orders", "customer_id")) == 30
    assert [row["customer_id"] for row in shop.quarantined("transactions")] == [odd if odd == "a\u200b" else "[text]"]


def test_every_id_column_keeps_the_rule(shop: Shop) -> None:
    """A contact with an odd message id is set aside as one with an odd customer id is; a text only loses its NUL."""
    rows = "".join(f"k{i},c,news,email,2024-01-01,control\x00\n" for i in range(40))
    head = "contact_id,customer_id,message_id,channel,sent_at,group\n"

    report = shop.bring(contacts=head + rows + "k,c,ne\x00ws,email\x00,2024-01-01,\n")

    assert [(f.rule, f.column) for f in report.findings] == [("not_an_id", "message_id")]
    assert set(shop.rows("contacts", "channel", "group")) == {("email", "control")}
