"""Records, quarantine, ledger and settings are their owner's alone, under the usual umask and in shops of earlier builds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.files.private_files import private, private_file, private_folder, private_tree
from adapters.ledger import SqlLedger, open_ledger
from pipelines.cli.common import opened
from pipelines.ingestion.health_check import doctor
from pipelines.shop.init import init
from tests.unit.pipelines.ingesting import NOW, TRANSACTIONS, Shop


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """The mask of most systems: whatever is made can be read by all."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(folder: Path) -> dict[str, str]:
    """Return the rights of everything in a folder."""
    return {str(p.relative_to(folder)): f"{p.stat().st_mode & 0o777:o}" for p in sorted(folder.rglob("*"))}


def ledger(path: Path) -> SqlLedger:
    """Open a ledger in a file."""
    return open_ledger(f"sqlite:///{path}", channels=(), messages=(), contact_cap=3, contact_cap_days=7)


def loosen(folder: Path) -> None:
    """Open everything to all, as an earlier build left it."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


class TestShop:
    def test_init_makes_a_folder_and_settings_of_its_own(self, tmp_path: Path) -> None:
        """The settings may hold the address of a database."""
        init(tmp_path / "shop")

        assert f"{(tmp_path / 'shop').stat().st_mode & 0o777:o}" == "700"
        assert rights(tmp_path / "shop") == {"otokui.toml": "600"}

    def test_a_folder_of_the_users_own_keeps_its_rights(self, tmp_path: Path) -> None:
        """Only what otokui makes is closed."""
        (tmp_path / "shop").mkdir(mode=0o755)

        init(tmp_path / "shop")

        assert f"{(tmp_path / 'shop').stat().st_mode & 0o777:o}" == "755"

    def test_records_and_quarantine(self, tmp_path: Path) -> None:
        """Every file 600, every folder 700, the dictionary too."""
        shop = Shop(tmp_path, max_bad_share=0.5)
        shop.bring(transactions=TRANSACTIONS + "a,2024-01-01,5\nb,yesterday,5\n")
        doctor(shop.path, shop.settings, NOW)

        made = rights(shop.path)

        assert {name: mode for name, mode in made.items() if mode != ("700" if (shop.path / name).is_dir() else "600")} == {}
        assert {"records", "records/_log/lock", "quarantine/transactions", "data-dictionary.md"} <= set(made)

    @pytest.mark.parametrize("how", ["ingest", "command line"])
    def test_a_shop_of_an_earlier_build_is_tightened(self, tmp_path: Path, how: str) -> None:
        """By the next ingest, and by any verb that opens it."""
        shop = Shop(tmp_path, max_bad_share=0.5)
        shop.bring(transactions=TRANSACTIONS + "a,2024-01-01,5\nb,yesterday,5\n")
        for name in ("records", "quarantine"):
            loosen(shop.path / name)

        if how == "ingest":
            shop.bring(transactions=TRANSACTIONS + "a,2024-01-02,5\n")
        else:
            opened(shop.path)

        assert set(rights(shop.path).values()) == {"600", "700"}


class TestLedger:
    def test_the_file_and_its_log(self, tmp_path: Path) -> None:
        """SQLite gives the write-ahead log the rights of the file."""
        with ledger(tmp_path / "ledger.db"):
            made = rights(tmp_path)

        assert set(made) == {"ledger.db", "ledger.db-wal", "ledger.db-shm"}
        assert set(made.values()) == {"600"}

    def test_one_of_an_earlier_build(self, tmp_path: Path) -> None:
        """What it left open, its log included, is closed when it is opened."""
        with ledger(tmp_path / "ledger.db"):
            for path in tmp_path.iterdir():
                path.chmod(0o644)
            with ledger(tmp_path / "ledger.db"):
                assert set(rights(tmp_path).values()) == {"600"}

    def test_in_memory_makes_no_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nor does anything called :memory: appear."""
        monkeypatch.chdir(tmp_path)
        with open_ledger("sqlite:///:memory:", channels=(), messages=(), contact_cap=3, contact_cap_days=7):
            assert list(tmp_path.iterdir()) == []


class TestPrivate:
    def test_rights_are_only_taken_away(self, tmp_path: Path) -> None:
        """What its owner may not write stays so."""
        path = tmp_path / "file"
        path.touch()
        path.chmod(0o444)

        assert private(path)
        assert f"{path.stat().st_mode & 0o777:o}" == "400"

    def test_nothing_there_is_nothing_open(self, tmp_path: Path) -> None:
        """A log that SQLite has not made yet."""
        assert private(tmp_path / "none")
        assert private_tree(tmp_path / "none")

    def test_a_link_is_left_alone(self, tmp_path: Path) -> None:
        """What it points to may lie outside the shop."""
        outside = tmp_path / "outside"
        outside.touch(mode=0o644)
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop" / "link").symlink_to(outside)

        assert private_tree(tmp_path / "shop")
        assert f"{outside.stat().st_mode & 0o777:o}" == "644"

    def test_folders_above_are_made_the_same_way(self, tmp_path: Path) -> None:
        """Not only the last one."""
        private_folder(tmp_path / "a" / "b")

        assert rights(tmp_path) == {"a": "700", "a/b": "700"}

    @pytest.mark.parametrize("refusal", [PermissionError, None])
    def test_a_file_system_without_rights_is_told_of_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: type[OSError] | None
    ) -> None:
        """It refuses, or says yes and does nothing; the shop goes on either way."""

        def chmod(self: Path, mode: int) -> None:
            if refusal:
                raise refusal(1, "not permitted")

        for name in "abc":
            (tmp_path / name).touch(mode=0o644)
        monkeypatch.setattr(Path, "chmod", chmod)

        with capture_logs() as lines:
            closed = private_tree(tmp_path)
            private_file(tmp_path / "new")

        assert not closed
        assert [(line["event"], line["log_level"]) for line in lines] == [("file_not_private", "warning")]

    def test_a_shop_on_such_a_file_system_still_ingests(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A warning, and the records are in."""

        def chmod(self: Path, mode: int) -> None:
            raise PermissionError(1, "not permitted")

        shop = Shop(tmp_path)
        shop.bring(transactions=TRANSACTIONS + "a,2024-01-01,5\n")
        loosen(shop.path / "records")
        monkeypatch.setattr(Path, "chmod", chmod)

        assert shop.bring(transactions=TRANSACTIONS + "b,2024-01-01,5\n").counts["transactions"].kept == 1
