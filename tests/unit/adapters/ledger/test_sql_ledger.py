"""What SqlLedger does beyond the port: opening, and failing safely."""

from __future__ import annotations

import io
import re
import sqlite3
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from adapters.ledger import SqlLedger, open_ledger
from adapters.ledger.storage.schema import HEAD, MIGRATIONS
from adapters.ledger.storage.tables import METADATA
from otokui.domain import DAY, Instant
from otokui.errors import BadInput, Conflict, Unavailable
from otokui.ports.ledger import LoggedDecision
from tests.places import taken
from tests.unit.adapters.ledger.small_ledger import CHANNELS, MESSAGES, NOW, contacts, opened, place


def downgraded(path: Path, version: str) -> None:
    """Bring the ledger in a folder back to the schema of an earlier build, by the migrations' own way down."""
    engine = create_engine(f"sqlite:///{path}/ledger.db")
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, version)
    engine.dispose()


def logged(decision_id: str = "d1", **more: Any) -> LoggedDecision:
    """One decision with dull defaults."""
    row = {
        "decision_id": decision_id, "customer_id": "ada", "as_of": NOW, "summarised_at": Instant(NOW - DAY), "status": "contact",
        "message_id": "news", "channel": "email", "propensity": 0.9, "policy": "p1", "models": {"churn": "m1"},
        "inputs": b"\x00\xff", "contact_state": "{}", "decision": '{"status":"contact"}',
    }  # fmt: skip
    return LoggedDecision(**{**row, **more})


class TestPlaces:
    def test_a_decision_id_of_another_customer_is_refused(self, ledger: SqlLedger) -> None:
        """Told yes, it would be sent without a place."""
        taken(ledger, [place("d1", "ada")], NOW)

        with pytest.raises(Conflict, match="another customer"):
            taken(ledger, [place("d1", "bob")], NOW)


class TestOpening:
    def test_the_migrations_make_the_tables_that_the_code_expects(self, ledger: SqlLedger, tmp_path: Path) -> None:
        """Two descriptions of one schema: they must agree column by column."""
        with sqlite3.connect(tmp_path / "ledger.db") as raw:
            for table in METADATA.sorted_tables:
                made = [(name, bool(required)) for _, name, _, required, _, _ in raw.execute(f"PRAGMA table_info({table.name})")]
                assert made == [(column.name, not column.nullable) for column in table.columns]

    def test_the_newest_migration_is_the_one_the_code_knows(self) -> None:
        """Who adds a migration moves HEAD."""
        revisions = [re.search(r'^revision = "(\d+)"', p.read_text(), re.MULTILINE) for p in (MIGRATIONS / "versions").glob("v*.py")]

        assert max(found.group(1) for found in revisions if found) == HEAD

    def test_refusals_of_an_earlier_build_count_after_the_migration(self, tmp_path: Path) -> None:
        """Their table is filled from the contacts; a bounce of which nobody said how counts as a hard one."""
        with opened(tmp_path) as first:
            first.import_contacts(contacts({"sent_at": 50, "unsubscribed_at": 60}, {"sent_at": 70, "customer_id": "bob", "bounced_at": 80}))
        downgraded(tmp_path, "0002")

        with opened(tmp_path) as second:
            assert second.contact_state(["ada", "bob"], NOW).refused.tolist() == [[1, 0], [4, 0]]  # type: ignore[union-attr]

    def test_what_was_written_is_there_when_it_is_opened_again(self, tmp_path: Path) -> None:
        """Nothing lives in the process."""
        with opened(tmp_path) as first:
            taken(first, [place()], NOW)

        with opened(tmp_path) as second:
            assert taken(second, [place("d2")], NOW) == [False]

    def test_a_ledger_of_a_newer_build_is_not_touched(self, tmp_path: Path) -> None:
        """Its schema is not known here."""
        opened(tmp_path).close()
        with sqlite3.connect(tmp_path / "ledger.db") as raw:
            raw.execute("UPDATE alembic_version SET version_num = '9999'")

        with pytest.raises(Conflict, match="9999"):
            opened(tmp_path)

    def test_a_file_that_is_no_database_is_unavailable(self, tmp_path: Path) -> None:
        """The caller then contacts nobody."""
        (tmp_path / "ledger.db").write_bytes(b"no database at all" * 100)

        with pytest.raises(Unavailable, match="ledger cannot be used"):
            opened(tmp_path)

    def test_a_damaged_ledger_is_unavailable_in_every_call(self, ledger: SqlLedger, tmp_path: Path) -> None:
        """No call answers from half a database."""
        with sqlite3.connect(tmp_path / "ledger.db") as raw:
            raw.execute("DROP TABLE consents")

        with pytest.raises(Unavailable):
            ledger.contact_state(["ada"], NOW)
        with pytest.raises(Unavailable):
            ledger.import_consents(pl.DataFrame({"customer_id": ["a"], "channel": ["email"], "opted_in": [True], "changed_at": [5]}))

    @pytest.mark.parametrize("url", ["mysql://localhost/x", "not a url"])
    def test_another_kind_of_database_is_refused_with_the_kinds_there_are(self, url: str) -> None:
        """The message names the key to change."""
        with pytest.raises(BadInput, match="ledger_url"):
            open_ledger(url, channels=CHANNELS, messages=MESSAGES, contact_cap=1, contact_cap_days=7)
