"""A test send through the command line, on 500 real households: a sheet, and a shop that stays as it was."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.households import CUTOFF, SETTINGS, copied, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("e2e-test-send")]


def ledger(shop: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the ledger, by table."""
    with sqlite3.connect(shop / "ledger.db") as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


def test_a_sheet_for_test_customers_commits_nothing(trained: Path, tmp_path: Path) -> None:
    """Forced for who is not meant and for who is unknown; the ledger has not one row more, and others are refused."""
    shop = copied(trained, tmp_path / "shop")
    customers = pl.read_parquet(sorted((shop / "records" / "customers").rglob("*.parquet")), hive_partitioning=False)["customer_id"].sort()
    someone, stranger = customers[0], customers[1]
    (shop / "otokui.toml").write_text(f'{SETTINGS}\n[service]\ntest_customers = ["{someone}", "staff-1"]\n', encoding="utf-8")
    run("sync", "--shop", shop)
    before = ledger(shop)
    page = tmp_path / "sheet.html"
    asked = ("test-send", "winback", "--shop", shop, "--as-of", CUTOFF, "--channel", "email", "--language", "ja")

    told = json.loads(run(*asked, "--out", page, "--json"))
    refused = run(*asked, "--customer", stranger, fails=2)

    assert [(each["customer_id"], each["message_id"], each["channel"], each["known"]) for each in told["sends"]] == [
        (someone, "winback_at_risk", "email", True),
        ("staff-1", "winback_at_risk", "email", False),
    ]
    assert all(each["timing"]["send_at"] > CUTOFF for each in told["sends"])
    assert "no_consent" in [rule["code"] for rule in told["sends"][1]["held_by"]]
    assert told["sends"][1]["earnest"]["status"] != "contact"
    assert "テスト配信" in page.read_text(encoding="utf-8")
    assert "test_customers" in refused
    assert ledger(shop) == before
    assert not (shop / "decisions").exists()
