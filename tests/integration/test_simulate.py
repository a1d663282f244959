"""From a simulated world to the records of a shop: ingest takes everything, and the same seed writes the same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from otokui.errors import BadInput, Conflict, Missing
from otokui.settings.settings import load
from pipelines.ingestion.ingest import IngestReport, ingest
from pipelines.shop.init import init
from pipelines.simulation.write_records import Simulated, simulate
from simulator.settings.world_settings import WorldSettings
from simulator.worlds import load_world, names

SETTINGS = load()


def made(out: Path, world: WorldSettings | None = None, *, policy: str = "random", days: int = 90, seed: int = 5) -> Simulated:
    return simulate(out, SETTINGS, world or WorldSettings(), customers=200, days=days, seed=seed, policy=policy)


def taken(folder: Path, done: Simulated) -> IngestReport:
    init(folder)
    return ingest(folder, SETTINGS, {table: str(done.folder / table) for table in done.rows}, done.until)


def bytes_of(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("world", names())
def test_ingest_takes_every_world_whole(world: str, tmp_path: Path) -> None:
    """No row is set aside; corrections and doubled events are recognised as what they are."""
    done = made(tmp_path / "out", load_world(world))

    report = taken(tmp_path / "shop", done)

    assert report.findings == ()
    assert {t: c.read for t, c in report.counts.items()} == dict(done.rows)
    assert report.counts["orders"].corrected > 0
    assert ("contracts" in done.rows) == (world == "subscription")


def test_dirty_rows_go_to_the_quarantine(tmp_path: Path) -> None:
    """On request a share of rows has a mistake; they are set aside and the rest stays."""
    default = WorldSettings()
    world = default.model_copy(update={"records": default.records.model_copy(update={"dirty_share": 0.01})})

    report = taken(tmp_path / "shop", made(tmp_path / "out", world))

    assert {f.rule for f in report.findings} >= {"not_allowed", "below_minimum", "missing_value"}
    assert sum(report.counts["events"].set_aside.values()) > 0
    assert report.counts["orders"].kept > 100


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    """Twice alike; another seed, another shop."""
    for name, seed in (("one", 5), ("same", 5), ("other", 6)):
        made(tmp_path / name, days=30, seed=seed)

    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "same")
    assert bytes_of(tmp_path / "one")["orders/part-00000.parquet"] != bytes_of(tmp_path / "other")["orders/part-00000.parquet"]


def test_every_contact_says_the_chance_with_which_it_was_chosen(tmp_path: Path) -> None:
    """What off-policy evaluation needs."""
    done = made(tmp_path / "out", days=40)

    chances = pl.read_parquet(done.folder / "contacts" / "*.parquet")["action_probability"]
    assert chances.null_count() == 0
    assert chances.is_between(0.0, 0.05, closed="right").all()


def test_a_file_of_sends_is_sent(tmp_path: Path) -> None:
    """Each row on its day, with what it says of itself; a naive time is the shop's."""
    plan = tmp_path / "plan.csv"
    plan.write_text(
        "customer_id,message_id,channel,send_at,decision_id\nu0000000,birthday,email,2024-01-20T10:00:00,d1\n", encoding="utf-8"
    )

    done = made(tmp_path / "out", policy=str(plan), days=30)

    contact = pl.read_parquet(done.folder / "contacts" / "*.parquet").row(0, named=True)
    assert (contact["customer_id"], contact["message_id"], contact["decision_id"]) == ("u0000000", "birthday", "d1")
    assert contact["sent_at"].isoformat() == "2024-01-20T01:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("customer_id,message_id,channel\nu0000000,birthday,email\n", "send_at"),
        ("customer_id,message_id,channel,send_at\nnobody,birthday,email,2024-01-20T10:00:00\n", "row 1: customer_id 'nobody'"),
        ("customer_id,message_id,channel,send_at\nu0000000,birthday,email,soon\n", "holds no times"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, says: str, tmp_path: Path) -> None:
    """With the column or the row that is wrong, and before anything is written."""
    plan = tmp_path / "plan.csv"
    plan.write_text(text, encoding="utf-8")

    with pytest.raises(BadInput, match=says):
        made(tmp_path / "out", policy=str(plan))
    assert not (tmp_path / "out").exists()


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    """A second run into the same folder is refused, and so is a world that does not exist."""
    made(tmp_path / "out", days=3, policy="none")

    with pytest.raises(Conflict, match="not empty"):
        made(tmp_path / "out", days=3)
    with pytest.raises(Missing, match="neither a world nor a file"):
        load_world("atlantis")
