"""Erasure of one customer from a shop's folder: nothing of the id is left, everybody else is as before, any crash is gone on from."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.decision_archive.finished_run import FinishedRun
from adapters.decision_archive.run_folder import claim
from adapters.files import atomic_files
from adapters.files.shop_lock import share
from adapters.online_store.product_lists import ListStore, current_lists, write_lists
from adapters.online_store.snapshot_reader import SnapshotStore
from adapters.online_store.snapshot_writer import write_snapshot
from adapters.records.store.commit_log import RecordLog
from otokui.domain import Instant
from otokui.errors import Conflict, Unavailable
from otokui.frames import Batch, texts
from pipelines.customer_data.erase import erase, erase_restored
from pipelines.ingestion.ingest import ingest
from pipelines.shop.init import init
from pipelines.shop.shop import Shop

ADA, BOB, CYD = "c-0815-x17", "bob", "cyd"
NOW = Instant(1_717_200_000)
NAMES = ("purchase_count", "paid_sum")

ORDERS = f"""order_id,customer_id,ordered_at,known_at
o1,{ADA},2024-01-01,2024-01-01
o2,{BOB},2024-01-02,2024-01-02
o3,{ADA},2024-01-03,2024-01-03
"""
LINES = "order_id,product_id,quantity,paid_amount\no1,tea,1,5\no2,tea,1,7\no3,cup,1,9\n" + "".join(f"o2,p{n},1,1\n" for n in range(40))
CUSTOMERS = f"customer_id,registered_at\n{ADA},2023-01-01\n{BOB},2023-01-01\n{CYD},2023-01-01\n{ADA} ,soon\n" + "".join(
    f"x{n},2023-01-01\n" for n in range(40)
)
CONSENTS = f"customer_id,channel,opted_in,changed_at\n{ADA},email,yes,2023-01-01\n{BOB},email,yes,2023-01-01\n"
MOVED = f"order_id,customer_id,ordered_at,known_at\no1,{ADA},2024-01-01,2024-03-01\no2,{CYD},2024-01-02,2024-03-01\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with ada in every kind of file that there is."""
    folder = tmp_path_factory.mktemp("erasing") / "shop"
    init(folder)
    bring(folder, orders=ORDERS, order_lines=LINES, customers=CUSTOMERS, consents=CONSENTS)
    shop = Shop(folder)
    for cutoff in (1_706_000_000, 1_709_000_000):
        shop.summaries(Instant(cutoff))
    rows = [ADA, BOB, CYD]
    for at in (1, 2):
        write_snapshot(iter([Batch(texts(rows), NAMES, np.full((3, 2), float(at)))]), folder / "online", NAMES, Instant(at))
    lists = {"customer_id": rows, "products": [["tea"]] * 3, "why": [[1]] * 3}
    write_lists(iter([pa.table(lists)]), folder / "online" / "products")
    with claim(folder / "decisions" / "one", {"run_digest": "r"}) as run:
        parts = [
            run.write_part(n, pa.table({"customer_id": ids, "decision_id": [f"d-{id_}" for id_ in ids]}), {"rows": len(ids)})
            for n, ids in enumerate(([ADA, BOB], [CYD]))
        ]
        run.publish_manifest({"rows": 3, "parts": [{name: part[name] for name in ("file", "rows", "bytes", "sha256")} for part in parts]})
    pq.write_table(pa.table({"customer_id": rows, "p": [0.1, 0.2, 0.3]}), folder / "predictions.parquet")
    pl.DataFrame({"who": rows}).write_csv(folder / "export.csv")
    (folder / "report.html").write_text(f"<p><code>{ADA}</code> buys like <code>{BOB}</code></p>", encoding="utf-8")
    (folder / "story.json").write_text(json.dumps({"who": ADA, "others": [BOB]}), encoding="utf-8")
    (folder / "spill").mkdir()
    (folder / "spill" / "left.tmp").write_bytes(ADA.encode())
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """A copy of the shop that a test may change."""
    shutil.copytree(template, tmp_path / "shop")
    return tmp_path / "shop"


def bring(folder: Path, **tables: str) -> Any:
    """Ingest tables given as the text of their files, and tell the ledger."""
    sources = {}
    for table, text in tables.items():
        path = folder.parent / f"{table}.csv"
        path.write_text(text, encoding="utf-8")
        sources[table] = str(path)
    shop = Shop(folder)
    return ingest(folder, shop.settings, sources, NOW, ledger=shop.ledger)


def holding(folder: Path, name: str) -> list[str]:
    """Return the files in which a text stands: as bytes, or in a value of a Parquet file."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            told = path.read_bytes()
            if path.suffix == ".parquet":
                out = io.StringIO()
                out.write(str([column.to_pylist() for column in pq.read_table(path).columns]))
                told += out.getvalue().encode()
            if name.encode() in told:
                found.append(str(path.relative_to(folder)))
    return found


def of_others(folder: Path) -> dict[str, Any]:
    """Return what the files hold about everybody but ada."""
    store = SnapshotStore(folder / "online", NAMES)
    lists = ListStore(folder / "online" / "products", current_lists(folder / "online" / "products"), 1)
    run = FinishedRun.open(folder / "decisions" / "one")
    frames = {table: pl.read_parquet(paths(folder, table)).filter(pl.col("customer_id") != ADA) for table in ("orders", "order_lines")}
    return {
        "snapshot": store.fetch([BOB, CYD]).values.tolist(),
        "lists": lists.fetch([BOB, CYD]).product_ids.tolist(),
        "run": [table.to_pylist() for who in (BOB, CYD) for table in run.rows(np.array([run.find("customer_id", who)]))],
        "predictions": pl.read_parquet(folder / "predictions.parquet").filter(pl.col("customer_id") != ADA).rows(),
        **{table: sorted(frame.rows(), key=repr) for table, frame in frames.items()},
    }  # fmt: skip


def paths(folder: Path, table: str) -> list[Path]:
    """Return the committed files of a table."""
    log = RecordLog(folder / "records")
    return [log.records / file.path for file in log.files(table)]


class TestErase:
    def test_the_id_stands_nowhere_and_the_others_are_as_before(self, folder: Path) -> None:
        """Records, quarantine, summaries, snapshots, lists, runs, exports, pages, leftovers and ledger."""
        assert len(holding(folder, ADA)) >= 15
        before = of_others(folder)

        (proof,) = erase(Shop(folder), [ADA])

        assert holding(folder, ADA) == []
        assert of_others(folder) == before
        assert proof.path.stem == proof.content["customer"]
        erased = proof.content["erased"]
        assert {name: erased[name] for name in ("records: orders", "records: order_lines", "quarantine", "decisions of runs")} == {
            "records: orders": 2, "records: order_lines": 2, "quarantine": 1, "decisions of runs": 1
        }  # fmt: skip

    def test_digests_vouch_for_the_files_again(self, folder: Path) -> None:
        """The log entries of the records, the manifest of the run."""
        erase(Shop(folder), [ADA])

        for commit in RecordLog(folder / "records").commits():
            for file in commit.files:
                path = folder / "records" / file.path
                assert (atomic_files.sha256(path), pq.read_metadata(path).num_rows) == (file.sha256, file.rows)
        assert len(FinishedRun.open(folder / "decisions" / "one")) == 2

    def test_a_file_brings_nobody_back(self, folder: Path) -> None:
        """Nor the lines of their orders, in this file or in a later one; the file is not refused for it."""
        erase(Shop(folder), [ADA])
        report = bring(
            folder, orders=ORDERS.replace("o3", "o9"), order_lines=LINES.replace("o3", "o9") + "o1,cup,1,2\n", consents=CONSENTS + "\n"
        )

        assert holding(folder, ADA) == []
        assert {finding.table: finding.count for finding in report.findings if finding.rule == "erased"} == {
            "orders": 2, "order_lines": 3, "consents": 1
        }  # fmt: skip
        assert not any("o9" in str(row) for row in pl.read_parquet(paths(folder, "order_lines")).rows())

    def test_an_order_that_is_somebody_elses_by_now_stays_theirs(self, folder: Path) -> None:
        """It forgets whose it was; and an order that became the erased customer's does not fall back to its former one."""
        bring(folder, orders=MOVED.replace(f"o1,{ADA}", f"o1,{CYD}").replace(f"o2,{CYD}", f"o2,{ADA}"))

        erase(Shop(folder), [ADA])

        frame = Shop(folder).records.frame("orders", NOW).collect(backend="polars").to_native()
        assert sorted(frame.select("order_id", "customer_id").rows()) == [("o1", CYD)]
        assert holding(folder, ADA) == []
        assert list((folder / "summaries").glob("*/summaries.parquet")) == []

    def test_who_is_not_on_record_leaves_a_tombstone_and_changes_nothing(self, folder: Path) -> None:
        """Erased all the same: the id may come later."""
        before = {path: path.read_bytes() for path in folder.rglob("*.parquet")}

        (proof,) = erase(Shop(folder), ["nobody"])

        assert {path: path.read_bytes() for path in folder.rglob("*.parquet")} == before
        assert set(proof.content["erased"]) <= {"temporary files"}
        assert Shop(folder).ledger.erasures.erased(["nobody"]) == {"nobody"}

    def test_an_id_that_stands_where_none_should_is_told(self, folder: Path) -> None:
        """And the erasure stays pending."""
        (folder / "models").mkdir(exist_ok=True)
        (folder / "models" / "note.txt").write_text(f"learnt from {ADA}", encoding="utf-8")

        with pytest.raises(Unavailable, match=r"models/note\.txt"):
            erase(Shop(folder), [ADA])

        assert Shop(folder).ledger.erasures.pending() == [ADA]
        (folder / "models" / "note.txt").unlink()
        assert len(erase(Shop(folder), [])) == 1

    def test_commands_under_way_are_waited_for(self, folder: Path) -> None:
        """They read the records before; the customer is not contacted meanwhile."""
        with share(folder):  # type: ignore[union-attr]  # the folder is there
            with pytest.raises(Conflict, match="another command"):
                erase(Shop(folder), [ADA], wait_seconds=0.1)
            assert Shop(folder).ledger.erasures.erased([ADA]) == {ADA}

        assert len(erase(Shop(folder), [])) == 1

    def test_a_restored_ledger_is_found_out(self, folder: Path) -> None:
        """The proofs lie outside it."""
        with closing(sqlite3.connect(folder / "ledger.db")) as live, closing(sqlite3.connect(folder.parent / "backup.db")) as backup:
            live.backup(backup)
        erase(Shop(folder), [ADA])
        for path in folder.glob("ledger.db*"):
            path.unlink()
        shutil.copy(folder.parent / "backup.db", folder / "ledger.db")

        assert erase_restored(Shop(folder)) == [ADA]


class _Killed(BaseException):
    """The end of a process, as far as the code under it can tell."""


class TestCrashes:
    @pytest.mark.parametrize("fatal", [0, 4, 8, 12, 16])
    def test_any_crash_is_gone_on_from(self, folder: Path, monkeypatch: pytest.MonkeyPatch, fatal: int) -> None:
        """Killed at one of its renames, then run again by somebody who knows no id."""
        before = of_others(folder)
        for _ in dying_at(fatal, monkeypatch):
            with contextlib.suppress(_Killed):
                erase(Shop(folder), [ADA])

        erase(Shop(folder), [])
        assert holding(folder, ADA) == []
        assert of_others(folder) == before
        assert Shop(folder).ledger.erasures.find(ADA).finished_at is not None


def dying_at(fatal: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the n-th rename of a file end the process."""
    seen = [0]

    def counted(real: Any) -> Any:
        def rename(self: Path, target: Path) -> Any:
            if seen[0] == fatal:
                raise _Killed
            seen[0] += 1
            return real(self, target)

        return rename

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", counted(Path.rename))
        patched.setattr(Path, "replace", counted(Path.replace))
        yield
