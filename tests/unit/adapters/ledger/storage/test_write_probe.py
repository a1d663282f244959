"""Whether a ledger can be written is found out without writing, within a second; and nothing waits for a lock for ever."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.ledger import DatabaseTimeouts, SqlLedger, open_ledger
from adapters.ledger.storage.database_timeouts import BULK
from otokui.domain import Instant
from otokui.errors import Unavailable
from tests.contract.ledgers import CHANNELS, MESSAGES, NOW

SHORT = DatabaseTimeouts(lock=0.2, statement=0.5, connect=2, idle=60.0)


def opened(url: str, timeouts: DatabaseTimeouts = BULK) -> SqlLedger:
    return open_ledger(url, channels=CHANNELS, messages=MESSAGES, contact_cap=2, contact_cap_days=7, timeouts=timeouts)


class TestSqlite:
    def test_a_sound_ledger_passes_and_is_not_changed(self, tmp_path: Path) -> None:
        """Bytes of the file and of its log are as they were."""
        with opened(f"sqlite:///{tmp_path}/ledger.db") as ledger:
            before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if not path.name.endswith("-shm")}
            ledger.probe()
            assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if not path.name.endswith("-shm")} == before
            assert ledger.folder() == tmp_path

    def test_a_file_that_has_gone_is_noticed(self, tmp_path: Path) -> None:
        """Connections that are open already would go on writing into a file without a name."""
        with opened(f"sqlite:///{tmp_path}/ledger.db") as ledger:
            ledger.decision_ids()
            (tmp_path / "ledger.db").unlink()

            with pytest.raises(Unavailable, match="unable to open"):
                ledger.probe()

    def test_a_file_that_is_no_database_is_noticed(self, tmp_path: Path) -> None:
        """Written over by something else."""
        with opened(f"sqlite:///{tmp_path}/ledger.db") as ledger:
            ledger.close()
            (tmp_path / "ledger.db").write_bytes(b"x" * 10_000)

            with pytest.raises(Unavailable):
                ledger.probe()

    def test_another_writer_is_waited_for_no_longer_than_patience(self, tmp_path: Path) -> None:
        """The service's patience is short; while somebody else writes, it reads and says that it cannot write."""
        with opened(f"sqlite:///{tmp_path}/ledger.db", SHORT) as ledger, sqlite3.connect(tmp_path / "ledger.db") as other:
            other.execute("BEGIN IMMEDIATE")

            assert ledger.contact_state(["ada"], NOW).contacts_in_period.tolist() == [0]
            with pytest.raises(Unavailable, match="locked"):
                ledger.probe()
            with pytest.raises(Unavailable, match="locked"):
                ledger.forget_lapsed(Instant(0))


class TestPostgres:
    def test_a_sound_ledger_passes_and_a_read_only_one_does_not(self, postgres_url: str) -> None:
        """A standby after a fail-over answers reads as before."""
        with opened(postgres_url) as ledger:
            ledger.probe()
            with sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT").connect() as server:
                name = sa.make_url(postgres_url).database
                server.execute(sa.text(f'alter database "{name}" set default_transaction_read_only = on'))
            ledger.close()

            assert ledger.decision_ids() == []
            with pytest.raises(Unavailable, match="read-only"):
                ledger.probe()
            assert ledger.folder() is None

    def test_a_lock_of_another_session_is_not_waited_for_for_ever(self, postgres_url: str) -> None:
        """Neither by a read nor by a write, nor by the probe."""
        with opened(postgres_url, SHORT) as ledger, sa.create_engine(postgres_url).connect() as other, other.begin():
            other.execute(sa.text("LOCK TABLE consents, reservations, alembic_version IN ACCESS EXCLUSIVE MODE"))

            for ask in (lambda: ledger.contact_state(["ada"], NOW), lambda: ledger.forget_lapsed(Instant(0)), ledger.probe):
                with pytest.raises(Unavailable, match="lock timeout"):
                    ask()

    def test_a_statement_that_takes_too_long_is_ended(self, postgres_url: str) -> None:
        """Also where it waits for no lock."""
        with (
            opened(postgres_url, SHORT) as ledger,
            pytest.raises(sa.exc.OperationalError, match="statement timeout"),
            ledger._engine.connect() as connection,
        ):
            connection.execute(sa.text("SELECT pg_sleep(30)"))

    def test_what_the_shop_s_address_asks_for_goes_before(self, postgres_url: str) -> None:
        """Its own time to connect and its own options, beside ours."""
        own = sa.make_url(postgres_url).update_query_dict({"connect_timeout": "7", "options": "-c statement_timeout=9s"})
        with opened(own.render_as_string(hide_password=False), SHORT) as ledger, ledger._engine.connect() as connection:
            found = [connection.execute(sa.text(f"SHOW {name}")).scalar_one() for name in ("statement_timeout", "lock_timeout")]
            limits = connection.connection.dbapi_connection.info.get_parameters()  # type: ignore[union-attr]

        assert found == ["9s", "200ms"]
        assert (limits["connect_timeout"], limits["tcp_user_timeout"]) == ("7", "4000")
