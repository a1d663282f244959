"""A run over the whole base: a row for everybody, parts that are whole, and the same result after any stop."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from adapters.decision_archive.input_codec import unpack_inputs
from adapters.ledger import Caps
from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Decisions
from decisions.policy.policy import Policy
from otokui.domain import DAY, Instant
from otokui.errors import Conflict, Missing, Unavailable
from otokui.frames import Batch, ContactState, Floats, texts
from otokui.ports.reservations import Reservation
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from pipelines.decision_run.nightly_run import Run, decide
from scoring import ModelSet
from tests.fake_ledger import FakeLedger
from tests.places import taken
from tests.unit.decisions.builders import Foretold, People, channel, message, people, policy
from tests.unit.pipelines.finding import find_decision

AS_OF = Instant(1_000 * DAY)
CHANNELS = (Channel(name="email", title="e-mail", title_ja="メール"),)
MESSAGES = (Message(message_id="news", scenario="news", title="News", title_ja="新着", objective="visit", channels=("email",)),)
RUN = Run("run-1", AS_OF, Instant(AS_OF - DAY), {"policy": "p1", "models": {"churn": "m1"}, "features": "f1"})


POLICY = policy([message("news", eligible=[{"column": "tenure_days", "at_least": 1.0}])], [channel(needs_consent=False)])


def look(chunk: Batch, under: Policy) -> People:
    """Return customers for whom the message is meant where the second summary value is odd."""
    return people(under, list(chunk.customer_ids), tenure_days=chunk.values[:, 1] % 2)


@dataclass(frozen=True, slots=True)
class Remembering(Foretold):
    """An engine that remembers the first customer of each chunk it decided about."""

    decided: list[str] = field(default_factory=list)

    def decide(self, batch: CustomerBatch) -> Decisions:
        """Decide, and remember."""
        self.decided.append(batch.customer_ids[0])
        return Foretold.decide(self, batch)


def base(*, customers: int = 10, size: int = 4) -> Iterator[Batch]:
    """Customers c00, c01 …, numbered in the second column."""
    for start in range(0, customers, size):
        rows = range(start, min(start + size, customers))
        values = np.array([[np.nan, float(r), 7.5] for r in rows])
        yield Batch(texts([f"c{r:02d}" for r in rows]), ("last_purchase_at", "number", "half"), values)


def ledger() -> FakeLedger:
    """An empty ledger: two contacts in seven days."""
    return FakeLedger(Caps.of(CHANNELS, MESSAGES, contact_cap=2, contact_cap_days=7))


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but the lock."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != ".lock"}


@dataclass
class Walk:
    """A run with everything at its default."""

    out: Path
    book: FakeLedger = field(default_factory=ledger)
    decided: list[str] = field(default_factory=list)

    def __call__(self, run: Run = RUN, summaries: Callable[[], Iterator[Batch]] = base) -> dict[str, Any]:
        """Decide and remember which chunks were decided about."""
        engine = Remembering(ModelSet({}), POLICY, look=look, decided=self.decided)
        return decide(summaries(), run, engine=engine, ledger=self.book, out=self.out)


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    """A run into an empty folder, from an empty ledger."""
    return Walk(tmp_path / "out")


class TestResult:
    def test_every_customer_has_one_row_in_order(self, walk: Walk) -> None:
        """Silence is a decision too."""
        manifest = walk()

        table = pq.read_table([walk.out / part["file"] for part in manifest["parts"]])
        assert table["customer_id"].to_pylist() == [f"c{n:02d}" for n in range(10)]
        assert table["status"].to_pylist() == ["no_contact", "contact"] * 5

    def test_the_manifest_counts_and_vouches(self, walk: Walk) -> None:
        """Counts, money, versions, and a checksum for each file."""
        manifest = walk()

        assert manifest == json.loads((walk.out / "manifest.json").read_text())
        assert manifest["rows"] == 10
        assert manifest["by_status"] == {"contact": 5, "no_contact": 5}
        assert manifest["by_channel"] == {"email": 5}
        assert manifest["by_reason"] == {"condition:tenure_days": 5, "nothing_eligible": 5}
        assert manifest["totals"] == {"cost": 0.0, "expected_value": pytest.approx(5.0 * find_decision(walk.out, "c01")["expected_value"])}
        assert manifest["versions"]["policy"] == "p1"
        assert [(part["file"], part["rows"]) for part in manifest["parts"]] == [
            ("part-00000.parquet", 4), ("part-00001.parquet", 4), ("part-00002.parquet", 2),
        ]  # fmt: skip

    def test_contacts_hold_their_place_and_the_run_is_recorded(self, walk: Walk) -> None:
        """One place for each contact, and one run."""
        walk()

        assert sorted(place.customer_id for place, _ in walk.book.reserved.values()) == ["c01", "c03", "c05", "c07", "c09"]
        assert [run["rows"] for run in walk.book.runs] == [10]

    def test_a_contact_whose_place_was_refused_is_suppressed(self, walk: Walk) -> None:
        """Somebody else sent c03 the message in the meantime."""
        taken(walk.book, [Reservation("x", "c03", "news", "news", "email", AS_OF, Instant(AS_OF + DAY))], AS_OF)

        manifest = walk()

        assert manifest["by_status"] == {"contact": 4, "no_contact": 5, "suppressed": 1}
        assert manifest["by_suppression"] == {"message_cap": 1}
        assert find_decision(walk.out, "c03")["message_id"] is None

    def test_a_dry_run_takes_no_place(self, walk: Walk) -> None:
        """The same decisions, and nothing committed."""
        manifest = walk(replace(RUN, dry_run=True))

        assert (manifest["by_status"]["contact"], manifest["dry_run"]) == (5, True)
        assert (walk.book.reserved, walk.book.runs) == ({}, [])

    def test_an_empty_base_gives_an_empty_manifest(self, walk: Walk) -> None:
        """Nobody is on record."""
        manifest = walk(summaries=lambda: base(customers=0))

        assert (manifest["rows"], manifest["parts"], manifest["by_status"]) == (0, [], {})

    def test_a_part_in_which_a_column_is_empty_has_the_same_schema(self, walk: Walk) -> None:
        """Even numbers only: no message at all in the first part."""
        manifest = walk(summaries=lambda: base(customers=4, size=1))

        schemas = {pq.read_schema(walk.out / part["file"]).remove_metadata() for part in manifest["parts"]}
        assert len(schemas) == 1

    def test_the_inputs_come_back_bit_for_bit(self, walk: Walk) -> None:
        """Replay reads the summary row and the ledger's row from the file."""
        walk.book.consents.append({"customer_id": "c05", "channel": "email", "opted_in": True, "changed_at": 5, "known_at": 5})
        manifest = walk()

        packed = find_decision(walk.out, "c05")["inputs"]
        batch, state = unpack_inputs([packed], ["c05"], manifest["inputs"]["summary_columns"], 1, 1)
        assert batch.values.tobytes() == np.array([[np.nan, 5.0, 7.5]]).tobytes()
        assert (state.consented.tolist(), state.unanswered.tolist(), np.isnan(state.last_contact_at[0])) == ([[1]], [[0]], True)


class TestAgain:
    def test_a_finished_run_started_again_changes_nothing(self, walk: Walk) -> None:
        """Nothing is decided anew, and the files stay byte for byte."""
        first = walk()
        before = contents(walk.out)
        walk.decided.clear()

        assert walk() == first
        assert (contents(walk.out), walk.decided) == (before, [])

    def test_a_damaged_part_is_made_again(self, walk: Walk) -> None:
        """Its checksum says so; the others are kept."""
        walk()
        before = contents(walk.out)
        walk.decided.clear()
        (walk.out / "part-00001.parquet").write_bytes(before["part-00001.parquet"][:-9])

        walk()

        assert (contents(walk.out), walk.decided) == (before, ["c04"])

    def test_another_run_does_not_write_into_the_folder(self, walk: Walk) -> None:
        """The message says what differs and what to do."""
        walk()

        with pytest.raises(Conflict, match="versions") as caught:
            walk(replace(RUN, digest="run-2", versions={"policy": "p2"}))
        assert "new folder" in caught.value.fix

    def test_a_dry_run_does_not_pass_for_a_real_one(self, walk: Walk) -> None:
        """A dry run's files hold contacts without places."""
        walk(replace(RUN, dry_run=True))

        with pytest.raises(Conflict, match="dry_run"):
            walk()

    def test_summaries_that_changed_are_refused(self, walk: Walk) -> None:
        """One run is of one state of the base."""
        walk()

        with pytest.raises(Conflict, match="summaries"):
            walk(summaries=lambda: base(customers=9, size=3))

    def test_two_at_once_do_not_share_a_folder(self, walk: Walk) -> None:
        """The second is told to wait."""

        def second() -> Iterator[Batch]:
            with pytest.raises(Conflict, match="another run writes"):
                Walk(walk.out)()
            yield from base()

        assert walk(summaries=second)["rows"] == 10

    def test_an_unfinished_folder_is_no_result(self, walk: Walk) -> None:
        """There is no manifest yet."""
        walk.out.mkdir()

        with pytest.raises(Missing, match="no finished run"):
            find_decision(walk.out, "c01")


class TestStops:
    @pytest.mark.parametrize("call", ["fsync", "rename"])
    def test_whichever_write_fails_the_next_run_completes_the_same(
        self, walk: Walk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        """Fail the k-th fsync or rename for every k (as SQLite's tests do); compare with a run that was never stopped."""
        whole = Walk(tmp_path / "whole")
        whole()
        honest = getattr(os, call)
        for k in range(100):
            stopped, count = Walk(tmp_path / f"stopped-{k}"), 0

            def failing(*arguments: Any, k: int = k) -> Any:
                nonlocal count
                count += 1
                if count == k + 1:
                    raise OSError(28, "No space left on device")
                return honest(*arguments)

            monkeypatch.setattr(os, call, failing)
            try:
                stopped()
                break
            except Unavailable:
                assert not any(path.name == "manifest.json" for path in stopped.out.iterdir()) or call == "fsync"
            monkeypatch.setattr(os, call, honest)
            stopped()
            assert contents(stopped.out) == contents(whole.out)
            assert stopped.book.reserved == whole.book.reserved
        monkeypatch.setattr(os, call, honest)
        assert k >= 8

    def test_when_the_ledger_fails_the_run_stops_and_continues(self, walk: Walk, tmp_path: Path) -> None:
        """Nobody is contacted on a guess; the parts before are kept."""

        class Failing(FakeLedger):
            def contact_state(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats | None = None) -> ContactState:
                if "c04" in customer_ids:
                    raise Unavailable("the ledger cannot be used", fix="check it")
                return super().contact_state(customer_ids, as_of, last_purchase_at)

        whole = Walk(tmp_path / "whole")
        whole()
        failing = Walk(walk.out, Failing(walk.book.caps))
        with pytest.raises(Unavailable):
            failing()
        walk.book.reserved |= failing.book.reserved

        walk()

        assert walk.decided == ["c04", "c08"]
        assert contents(walk.out) == contents(whole.out)
