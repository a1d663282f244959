"""The incident runbook runs: each block of docs/how-to/incidents.md, in the order of the page, on one small shop."""

from __future__ import annotations

import base64
import os
import re
import shlex
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "incidents.md"
CUSTOMER = "c-0001"
NEEDS_MODELS = {"decide", "explain"}


def blocks() -> list[str]:
    """The command blocks of the page."""
    return re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def run(*words: str) -> tuple[int, str]:
    """Run one verb; return its exit code and what it said."""
    result = CliRunner().invoke(app, ["--quiet", *words])
    return result.exit_code, result.output


def test_every_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the verbs that need models, this shop without any shows only that their words are understood."""
    monkeypatch.setenv("OTOKUI_MASTER_KEY", base64.b64encode(os.urandom(32)).decode())
    shop, orders = tmp_path / "shop", tmp_path / "orders.csv"
    pl.DataFrame({"customer_id": [CUSTOMER], "ordered_at": ["2017-01-01"], "paid_amount": [5.0]}).write_csv(orders)
    assert run("init", str(shop))[0] == 0
    assert run("ingest", "--shop", str(shop), f"transactions={orders}")[0] == 0

    for block in blocks():
        for line in block.strip().splitlines():
            program, verb, *words = shlex.split(line.replace("SHOP", str(shop)).replace("CUSTOMER", CUSTOMER))
            code, said = run(verb, *words)
            assert program == "otokui"
            assert code == (8 if verb in NEEDS_MODELS else 0), (line, said)
    assert not (shop / "paused.json").exists()


def test_there_are_blocks_to_run() -> None:
    """The page names its commands in blocks of this form."""
    assert len(blocks()) >= 8
