"""The verbs of keys and of the audit log, as an operator uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from otokui.identity.api_keys import ApiKey
from otokui.identity.roles import Role
from otokui.settings.service.service import Environment
from pipelines.cli import app


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A shop with settings and no records."""
    settings = '[shop]\nname = "shop"\n[service]\nenvironment = "production"\naccess = "keys"\n'
    (tmp_path / "otokui.toml").write_text(settings, encoding="utf-8")
    return tmp_path


def otokui(shop: Path, *words: str, code: int = 0) -> str:
    """Run one verb; return what it printed."""
    done = CliRunner().invoke(app, ["--quiet", *words, "--shop", str(shop)])
    assert done.exit_code == code, done.output
    return done.output


def create(shop: Path, *words: str) -> dict[str, Any]:
    """Create a key of a send engine."""
    made: dict[str, Any] = json.loads(otokui(shop, "key", "create", "--role", "send_engine", "--json", *words))
    return made


def test_a_key_is_shown_once_and_listed_without_its_text(shop: Path) -> None:
    """It names the shop's environment and its role; what it may do stands in the list."""
    made = create(shop, "--note", "newsletter", "--network", "10.0.0.0/8", "--requests-per-minute", "600", "--expires-days", "90")
    key = ApiKey.parse(made["key"])
    assert key is not None
    assert (key.environment, key.role) == (Environment.PRODUCTION, Role.SEND_ENGINE)

    listed = otokui(shop, "key", "list", "--json")

    assert made["key"] not in listed + otokui(shop, "key", "list")
    (one,) = json.loads(listed)["keys"]
    assert (one["note"], one["networks"], one["requests_per_minute"], one["works"]) == ("newsletter", ["10.0.0.0/8"], 600, True)


def test_a_revoked_key_works_no_more_and_a_rotated_one_for_its_grace(shop: Path) -> None:
    """The list says which is which."""
    revoked, rotated = create(shop), create(shop)
    otokui(shop, "key", "revoke", revoked["key_id"])
    new = json.loads(otokui(shop, "key", "rotate", rotated["key_id"], "--grace-hours", "1", "--json"))

    works = {key["key_id"]: key["works"] for key in json.loads(otokui(shop, "key", "list", "--json"))["keys"]}
    assert works == {revoked["key_id"]: False, rotated["key_id"]: True, new["key_id"]: True}
    assert new["replaces"] == rotated["key_id"]


def test_what_is_no_network_or_no_key_is_refused(shop: Path) -> None:
    """With what to do."""
    assert "fix:" in otokui(shop, "key", "create", "--role", "admin", "--network", "10.0.0.0/33", code=2)
    assert "fix:" in otokui(shop, "key", "revoke", "key-none", code=8)


def test_the_audit_log_is_verified_and_exported(shop: Path, tmp_path: Path) -> None:
    """Key changes and the export itself are lines; who tampers is found, with the row's number."""
    made = create(shop)
    out = tmp_path / "audit.jsonl"
    otokui(shop, "audit", "export", "--out", str(out))
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(line["call"], line["detail"]) for line in lines] == [("key create", made["key_id"]), ("audit export", "")]
    assert {line["who"].partition(":")[0] for line in lines} == {"verb"}
    assert out.stat().st_mode & 0o077 == 0

    head = json.loads(otokui(shop, "audit", "verify", "--json"))["head"]
    assert "2 rows" in otokui(shop, "audit", "verify", "--expect", head)
    engine = create_engine(f"sqlite:///{shop}/ledger.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_log SET who = 'verb:nobody' WHERE number = 1"))
    engine.dispose()

    assert "row 1 was altered" in otokui(shop, "audit", "verify", code=9)
