"""A run over the whole base made again from its files: every kind of row, and what was changed in one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import decisions.engine.engine
from adapters.decision_archive.input_codec import row_layout
from adapters.files.atomic_files import sha256
from adapters.ledger import open_ledger
from adapters.models.store.champions import ModelFolder
from adapters.shop_files.policy_store import PolicyFolder
from decisions.allocation.shadow_prices import SharePrices
from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.compiler.policy_record import record
from decisions.selection.product_display import ProductLists
from features import summary_names
from features.products.evidence import Why
from otokui.domain import DAY, Instant
from otokui.frames import Batch
from otokui.ports.reservations import Reservation
from otokui.settings.settings import Settings
from pipelines.decision_run.nightly_run import Run, decide
from pipelines.decision_run.replay import ReplayReport, replay_run
from scoring import ModelSet
from tests.places import taken
from tests.unit.decisions.builders import AS_OF, Foretold, People, channel, message, people, settings
from tests.unit.decisions.value.test_uplift import response

IDS = tuple(f"c{n:02d}" for n in range(24))
FREE: dict[str, Any] = {"needs_consent": False}


def shop(**limits: Any) -> Settings:
    """Two channels for one message that names products; ten places of LINE, two an hour; control groups, and a fair deal of trying."""
    line = channel("line", **FREE, response_factor=1.2, capacity_per_day=10, capacity_per_hour=2, cost=1.0)
    drawn = {"holdout_share": 0.2, "exploration_share": 0.5}
    return settings([message("hello", channels=["email", "line"], show=["popular"])], [channel(**FREE), line], **(drawn | limits))


def look(chunk: Batch, policy: Any) -> People:
    """Foresee customers whose order value is what their summary says they paid."""
    return people(policy, list(chunk.customer_ids), mean_order_value=chunk.column("paid_sum"))


class World:
    """A run of two parts under a policy that is kept, in a shop of which nothing else is left."""

    def __init__(self, folder: Path, configured: Settings, *, prices: SharePrices | None = None, model: bool = False) -> None:
        self.folder, self.out = folder, folder / "out"
        evidence = Evidence(AS_OF, delivery_tracked=True, response=response(email=(0.05, 0.04), line=(0.05, -0.04)) if model else None)
        self.policy = compile_policy(configured, evidence, prices)
        self.shop: Any = SimpleNamespace(policies=PolicyFolder(folder / "policies"), models=ModelFolder(folder / "models"))
        self.shop.policies.keep(self.policy.digest, record(configured, evidence, prices))
        limits = configured.decisions
        self.ledger = open_ledger(
            f"sqlite:///{folder}/ledger.db",
            channels=configured.channels,
            messages=configured.messages,
            contact_cap=limits.contact_cap,
            contact_cap_days=limits.contact_cap_days,
            timezone=configured.shop.timezone,
            budget=limits.budget,
        )

    def run(self) -> None:
        """Decide about everybody, twelve at once."""
        values = np.full((len(IDS), len(summary_names())), np.nan)
        values[:, summary_names().index("paid_sum")] = 1_000.0 * np.arange(1, len(IDS) + 1)
        whole = Batch(np.array(IDS, dtype=object), summary_names(), values)
        versions = {"policy": self.policy.digest, "models": {}, "channels": ["email", "line"]}

        engine = Foretold(ModelSet({}), self.policy, listed, look)
        decide(
            [whole.rows(slice(0, 12)), whole.rows(slice(12, 24))],
            Run("r", AS_OF, AS_OF, versions),
            engine=engine,
            ledger=self.ledger,
            out=self.out,
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the run."""
        return [row for path in sorted(self.out.glob("part-*.parquet")) for row in pq.read_table(path).to_pylist()]

    def again(self, **named: Any) -> ReplayReport:
        """Replay the run."""
        return replay_run(self.shop, self.out, **named)

    def change(self, column: str, change: Callable[[list[Any]], list[Any]]) -> None:
        """Change a column of the first part, and have the manifest vouch for it: who can write the one can write the other."""
        path, manifest = self.out / "part-00000.parquet", json.loads((self.out / "manifest.json").read_text())
        table = pq.read_table(path)
        at = table.column_names.index(column)
        pq.write_table(table.set_column(at, column, pa.array(change(table[column].to_pylist()), type=table[column].type)), path)
        manifest["parts"][0]["sha256"] = sha256(path)
        (self.out / "manifest.json").write_text(json.dumps(manifest))


def listed(customer_ids: Sequence[str]) -> ProductLists:
    """Return two popular products for everybody."""
    ids = np.array([["tea", "お茶"]] * len(customer_ids), dtype=object).reshape(len(customer_ids), 2)
    return ProductLists(ids, np.full((len(customer_ids), 2), int(Why.POPULAR), dtype=np.int64))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    """Makes a world and its run; predictions need no model here."""

    def made(configured: Settings | None = None, before: Callable[[World], None] = lambda _: None, **more: Any) -> World:
        world = World(tmp_path, configured or shop(), **more)

        def predict_summaries(summaries: Batch, *_: Any, **__: Any) -> Any:
            seen = look(summaries, world.policy)
            return seen.vectors, seen.predictions

        monkeypatch.setattr(decisions.engine.engine, "predict_summaries", predict_summaries)
        before(world)
        world.run()
        return world

    return made


def lost_four_places(world: World) -> None:
    """Let somebody else take the places of four customers at the very second of the run."""
    for n in range(4):
        taken(world.ledger, [Reservation(f"x{n}", IDS[n], "hello", "hello", "email", AS_OF, Instant(AS_OF + DAY))], AS_OF)


def first_changed(value: Any) -> Callable[[list[Any]], list[Any]]:
    """Return what puts a value in the place of the first row's."""
    return lambda column: [value, *column[1:]]


class TestSame:
    def test_every_kind_of_row_comes_out_bit_for_bit(self, world: Callable[..., World]) -> None:
        """Contacts, control groups, the explored, those moved to another hour, turned away, or late at their own cap."""
        found = world(before=lost_four_places)
        rows = found.rows()

        told = found.again()

        assert (told.decisions, told.same, told.examples, told.impossible) == (24, 24, [], {})
        assert {row["status"] for row in rows} == {"contact", "suppressed", "control"}
        assert {json.loads(row["ruling"])["refused_by"] for row in rows if row["ruling"]} == {"message_cap", ""}
        assert any(row["explored"] for row in rows)
        assert any(bytes(row["inputs"])[-4:] == b"\x00\x01\x00\x00" for row in rows)
        assert {row["products"] for row in rows if row["status"] == "contact"} == {'["tea", "お茶"]'}

    def test_with_the_prices_of_that_night(self, world: Callable[..., World]) -> None:
        """They belong to the policy, and are kept with it."""
        found = world(prices=SharePrices(AS_OF, 0.5, {"line": {"2023-11-15": 2.0, "2023-11-16": 2.0}}))

        assert found.again().same == 24
        assert any(row["price"] for row in found.rows())

    def test_with_the_response_model_of_that_night(self, world: Callable[..., World]) -> None:
        """It travels inside the evidence."""
        with_model = world(model=True)

        assert with_model.again().same == 24
        assert with_model.policy.digest != World(with_model.folder, shop()).policy.digest

    def test_a_sample_is_drawn(self, world: Callable[..., World]) -> None:
        """Five of twenty-four, without looking at the others."""
        told = world().again(sample=5, seed=3)

        assert (told.decisions, told.same) == (5, 5)

    def test_one_row_is_found(self, world: Callable[..., World]) -> None:
        """By its customer."""
        assert world().again(row=("customer_id", "c13")).same == 1


class TestDifferent:
    def test_a_value_that_was_changed_is_named(self, world: Callable[..., World]) -> None:
        """By its column, and by the decision it belongs to; the others stand."""
        found = world()
        found.change("margin", first_changed(1e6))

        told = found.again()

        assert (told.same, told.examples) == (23, [{"decision_id": found.rows()[0]["decision_id"], "fields": ["margin"]}])

    def test_a_bit_is_enough(self, world: Callable[..., World]) -> None:
        """Minus nothing is not nothing."""
        found = world(settings([message("hello", channels=["email", "line"])], [channel(**FREE), channel("line", **FREE)]))
        assert found.rows()[0]["price"] == 0.0
        found.change("price", first_changed(-0.0))

        assert [example["fields"] for example in found.again().examples] == [["price"]]

    def test_an_input_that_was_changed_shows_in_what_came_of_it(self, world: Callable[..., World]) -> None:
        """The customer had spent another sum: the money differs, the id, which is of the customer and the instant, does not."""
        found = world()

        def richer(packed: list[bytes]) -> list[bytes]:
            row = np.frombuffer(packed[0], dtype=row_layout(summary_names(), 2, 1)).copy()
            row["summary"][0, summary_names().index("paid_sum")] = 5e6
            return [row.tobytes(), *packed[1:]]

        found.change("inputs", richer)

        (example,) = found.again().examples
        assert {"margin", "expected_value"} <= set(example["fields"])
        assert not {"decision_id", "customer_id", "as_of", "inputs"} & set(example["fields"])

    def test_a_ruling_that_was_removed_shows_in_the_time_of_sending(self, world: Callable[..., World]) -> None:
        """Who was moved to another hour is no longer."""
        found = world()
        moved = [row["decision_id"] for row in found.rows()[:12] if row["ruling"]]
        found.change("ruling", lambda column: [None] * len(column))

        told = found.again()

        assert [example["decision_id"] for example in told.examples] == moved != []
        assert all("send_at" in example["fields"] for example in told.examples)

    def test_a_column_that_this_build_lacks_differs_in_every_row(self, world: Callable[..., World]) -> None:
        """The files are of another build."""
        found = world()
        path, manifest = found.out / "part-00000.parquet", json.loads((found.out / "manifest.json").read_text())
        table = pq.read_table(path)
        pq.write_table(table.append_column("mood", pa.array(["glad"] * len(table))), path)
        manifest["parts"][0]["sha256"] = sha256(path)
        (found.out / "manifest.json").write_text(json.dumps(manifest))

        told = found.again()

        assert told.same == 12
        assert {tuple(example["fields"]) for example in told.examples} == {("mood",)}


class TestImpossible:
    def test_a_policy_that_is_gone_is_said_to_be_gone(self, world: Callable[..., World]) -> None:
        """Not "differing": nobody knows."""
        found = world()
        (found.folder / "policies" / f"{found.policy.digest}.json").unlink()

        told = found.again()

        assert (told.same, told.to_dict()["differing"], told.decisions) == (0, 0, 24)
        assert [(why.endswith(f"is not kept in {found.folder / 'policies'}"), n) for why, n in told.impossible.items()] == [(True, 24)]

    def test_a_run_of_before_rulings_were_kept_is_told_apart(self, world: Callable[..., World]) -> None:
        """What was ruled then is not known, so nothing is said of it."""
        found = world()
        for path in sorted(found.out.glob("part-*.parquet")):
            pq.write_table(pq.read_table(path).drop_columns(["ruling"]), path)
        manifest = json.loads((found.out / "manifest.json").read_text())
        for part in manifest["parts"]:
            part["sha256"] = sha256(found.out / part["file"])
        (found.out / "manifest.json").write_text(json.dumps(manifest))

        assert found.again().impossible == {"the run was written by a build with other columns": 24}
