"""Ten thousand decisions of the service, and a night's, made again by another process after newer models, settings and prices went live."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.decision_archive.input_codec import row_layout
from adapters.files.atomic_files import sha256
from adapters.shop_files.policy_store import PolicyFolder
from features import summary_names
from otokui.domain import DAY, HOUR, Instant, parse_instant
from pipelines.shop.shop import Shop
from serving.handlers.decisions.decision_handler import DecisionHandler, KeyedRequest
from serving.http.requests import CustomerRequest, DecisionRequest, VisitContext
from serving.live.state import LiveState
from serving.wiring import ShopSource
from tests.e2e.households import CUTOFF, SETTINGS, copied, run

ROOT = Path(__file__).resolve().parents[2]
LIMITS = """
holdout_share = 0.1
budget = { money = 40.0 }

[[channels]]
name = "email"
capacity_per_day = 60
capacity_per_hour = 20
cost = 1.0
"""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("e2e")]


@pytest.fixture(scope="module")
def shop(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose service has made ten thousand decisions under limits, then trained and decided anew."""
    folder = tmp_path_factory.mktemp("replay")
    settings = SETTINGS.replace("exploration_share = 0.0", "exploration_share = 0.2") + LIMITS
    made = copied(trained, folder / "shop", settings)
    run("materialise", "--shop", made, "--as-of", CUTOFF)
    run("decide", "--shop", made, "--as-of", CUTOFF, "--out", folder / "night")
    served(made, CUTOFF, {}, 17)
    served(made, CUTOFF, {"channels": ("email", "line")}, 3)
    served(made, CUTOFF, {"scenarios": ("cart", "nurture")}, 2, VisitContext("site", cart=["p-1"], products_seen=["p-2"]))
    run("train", "--shop", made, "--cutoff", "2017-07-01")
    run("materialise", "--shop", made, "--as-of", "2017-07-01")
    (made / "otokui.toml").write_text(settings.replace("[decisions]", "[decisions]\ncontact_cap = 3", 1), encoding="utf-8")
    run("decide", "--shop", made, "--as-of", "2017-07-01", "--out", folder / "later")
    return made


def served(shop: Path, day: str, offer: dict[str, Any], times: int, visit: VisitContext | None = None) -> None:
    """Ask the service, in this process, about everybody, several times from a day on."""
    known = [c for chunk in Shop(shop).chunks(Shop(shop).summaries(parse_instant(day, "America/New_York"))) for c in chunk.customer_ids]
    at = parse_instant(day, "America/New_York")
    state = LiveState(ShopSource(shop, tries=lambda _: None), 9.0)
    assert state.refresh()
    for turn in range(times):
        as_of = Instant(at + 60 + turn * 2 * HOUR + len(offer) * DAY)
        request = DecisionRequest(customers=[CustomerRequest(c, visit or VisitContext()) for c in known], **offer)
        (reply,) = DecisionHandler(state, lambda as_of=as_of: as_of)([KeyedRequest(request, None)])  # type: ignore[misc]
        assert isinstance(reply, bytes), reply


def replayed(shop: Path, *more: str) -> dict[str, Any]:
    """Replay in a process of its own."""
    command = [sys.executable, "-m", "pipelines.cli", "--quiet", "replay", "--shop", str(shop), "--json", *more]
    told: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout)
    return told


def test_every_decision_comes_out_byte_for_byte(shop: Path) -> None:
    """Contacts, refusals, those turned away and those of a narrowed offer alike."""
    found = replayed(shop)

    assert (found["same"], found["differing"], found["impossible"]) == (found["decisions"], 0, {})
    assert found["decisions"] >= 9_500


def test_the_sample_holds_every_kind_of_decision(shop: Path) -> None:
    """Without which the figure above would mean little."""
    ledger = Shop(shop).ledger
    logged = ledger.decisions(ledger.decision_ids())

    assert {row.status for row in logged} == {"contact", "no_contact", "suppressed", "control"}
    assert any("capacity" in row.decision for row in logged)
    assert len({row.policy for row in logged}) == 3


def test_a_decision_that_was_tampered_with_is_found_out(shop: Path) -> None:
    """And the field is named."""
    ledger = Shop(shop).ledger
    (one,) = ledger.decisions(ledger.decision_ids()[:1])
    with ledger._engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE decisions SET decision = ? WHERE decision_id = ?",
            (one.decision.replace('"known":true', '"known":false'), one.decision_id),
        )

    found = replayed(shop, "--decision", one.decision_id)

    with ledger._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE decisions SET decision = ? WHERE decision_id = ?", (one.decision, one.decision_id))
    assert (found["same"], found["examples"][0]["fields"]) == (0, ["known"])


def test_a_policy_that_is_gone_is_said_to_be_gone(shop: Path, tmp_path: Path) -> None:
    """Not "differing": nobody knows."""
    ledger = Shop(shop).ledger
    (one,) = ledger.decisions(ledger.decision_ids()[:1])
    record = PolicyFolder(shop / "policies").read(one.policy)
    (shop / "policies" / f"{one.policy}.json").rename(tmp_path / "kept.json")

    found = replayed(shop, "--decision", one.decision_id)

    PolicyFolder(shop / "policies").keep(one.policy, record)
    assert (found["same"], found["differing"]) == (0, 0)
    assert any("is not kept" in why for why in found["impossible"])


def test_a_row_of_another_build_stops_no_other(shop: Path) -> None:
    """Its summaries have other columns: it is counted apart, and those beside it are made again."""
    ledger = Shop(shop).ledger
    ids = ledger.decision_ids()
    (one,) = ledger.decisions(ids[:1])
    with ledger._engine.begin() as connection:
        kept = connection.exec_driver_sql("SELECT inputs FROM decisions WHERE decision_id = ?", (one.decision_id,)).scalar()
        (other,) = ledger.vault.seal(connection, ledger._backend, [replace(one, inputs=b"other" + one.inputs[5:])])
        connection.exec_driver_sql("UPDATE decisions SET inputs = ? WHERE decision_id = ?", (other, one.decision_id))

    found = replayed(shop, "--sample", str(len(ids)))

    with ledger._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE decisions SET inputs = ? WHERE decision_id = ?", (kept, one.decision_id))
    assert found["decisions"] == len(ids)
    assert found["same"] == len(ids) - 1
    assert [count for why, count in found["impossible"].items() if "columns of this build" in why] == [1]


def test_a_night_comes_out_byte_for_byte(shop: Path) -> None:
    """Everybody of the first night, though models, settings and prices are others by now."""
    night = shop.parent / "night"
    rows = pq.read_table(sorted(night.glob("part-*.parquet"))).to_pylist()

    found = replayed(shop, "--decisions", str(night))

    assert (found["same"], found["differing"], found["impossible"]) == (found["decisions"], 0, {})
    assert found["decisions"] == len(rows) == json.loads((night / "manifest.json").read_text())["rows"]
    assert {row["status"] for row in rows} == {"contact", "no_contact", "suppressed", "control"}
    assert any(row["price"] for row in rows)
    assert any(row["products"] for row in rows)
    assert Shop(shop).models.digests() != json.loads((night / "manifest.json").read_text())["versions"]["models"]


def test_an_input_of_a_night_that_was_tampered_with_is_found_out(shop: Path, tmp_path: Path) -> None:
    """By the checksum; and by what comes of it, where that was tampered with as well."""
    night = Path(shutil.copytree(shop.parent / "night", tmp_path / "night"))
    path, manifest = night / "part-00000.parquet", json.loads((night / "manifest.json").read_text())
    rows = pq.read_table(path)
    customer_id = rows["customer_id"][0].as_py()
    versions = manifest["versions"]
    packed = rows["inputs"].to_pylist()
    layout = row_layout(summary_names(), len(versions["channels"]), len(versions["messages"]), spacing=True)
    row = np.frombuffer(packed[0], dtype=layout).copy()
    row["summary"][0, summary_names().index("last_purchase_at")] -= 20 * DAY
    tampered = pa.array([row.tobytes(), *packed[1:]], type=rows["inputs"].type)
    pq.write_table(rows.set_column(rows.column_names.index("inputs"), "inputs", tampered), path)

    refused = run("replay", "--shop", shop, "--decisions", night, fails=2)
    manifest["parts"][0]["sha256"] = sha256(path)
    (night / "manifest.json").write_text(json.dumps(manifest))
    all_of_them = replayed(shop, "--decisions", str(night))
    one = replayed(shop, "--decisions", str(night), "--customer", customer_id)

    assert "part-00000.parquet is not the file its manifest vouches for" in refused
    assert (all_of_them["same"], all_of_them["differing"]) == (len(rows) - 1, 1)
    assert one["examples"] == all_of_them["examples"]
    assert one["examples"][0]["fields"]
    assert one["examples"][0]["decision_id"] == rows["decision_id"][0].as_py()


def test_decisions_of_nights_are_found_by_id_and_told_as_over_http(shop: Path) -> None:
    """Of the first and of the newest night, every status; what this build would decide otherwise is told by the columns of its file."""
    state = LiveState(ShopSource(shop, tries=lambda _: None), 9.0)
    assert state.refresh()
    assert state.live is not None
    archive = state.live.archive
    for night in ("night", "later"):
        rows = pq.read_table(sorted((shop.parent / night).glob("part-*.parquet"))).to_pylist()
        chosen = {row["status"]: row for row in rows}.values()
        for row in (rows[0], rows[-1], *chosen):
            found = archive.find(row["decision_id"])
            told = json.loads(found.answered)
            assert (told["decision_id"], told["customer_id"], told["status"]) == (row["decision_id"], row["customer_id"], row["status"])
            assert (told["message"] or {}).get("message_id") == row["message_id"]
            assert told["target"]["state"] == row["state"]
            assert (found.again().same, found.again().written) == (True, found.answered)


def test_a_decision_of_a_night_without_its_policy_is_told_by_its_columns(shop: Path, tmp_path: Path) -> None:
    """It cannot be made again, and is logged all the same."""
    state = LiveState(ShopSource(shop, tries=lambda _: None), 9.0)
    assert state.refresh()
    assert state.live is not None
    row = pq.read_table(shop.parent / "night" / "part-00000.parquet").slice(0, 1).to_pylist()[0]
    kept = shop / "policies" / f"{row['policy']}.json"
    kept.rename(tmp_path / "kept.json")

    found = state.live.archive.find(row["decision_id"])
    told = json.loads(found.answered)

    (tmp_path / "kept.json").rename(kept)
    assert told == {name: value for name, value in row.items() if name not in ("inputs", "ruling")}
