"""The true decisions through the true pipeline: what the decisions room writes is what the files and the ledger take."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from adapters.decision_archive.input_codec import pack_inputs, state_from_json, states_as_json, unpack_inputs
from adapters.ledger import SqlLedger, open_ledger
from decisions.engine.replay_log import joined
from decisions.engine.reservation import withdraw
from decisions.explanation.decision_json import rows
from otokui.domain import DAY, Instant, Status
from otokui.frames import Batch, ContactState
from otokui.ports.reservations import Reservation
from pipelines.decision_run.nightly_run import Run, decide
from scoring import ModelSet
from tests.places import taken
from tests.unit.decisions.builders import AS_OF, Foretold, channel, message, people, policy, settings
from tests.unit.pipelines.finding import find_decision

SHOP = settings([message("hello", channels=["email", "push"])], [channel(needs_consent=False), channel("push")])
POLICY = policy([message("hello", channels=["email", "push"])], [channel(needs_consent=False), channel("push")])
IDS = ("ada", "bob", "eve")


ENGINE = Foretold(ModelSet({}), POLICY)


def base() -> list[Batch]:
    """Three customers in two chunks."""
    summaries = people(POLICY, IDS).summaries
    return [summaries.rows(np.arange(2)), summaries.rows(np.array([2]))]


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    """The shop's ledger, empty."""
    limits = {"contact_cap": SHOP.decisions.contact_cap, "contact_cap_days": SHOP.decisions.contact_cap_days}
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", channels=SHOP.channels, messages=SHOP.messages, **limits) as opened:
        yield opened


def run(ledger: SqlLedger, out: Path) -> dict[str, Any]:
    """Decide about everybody."""
    about = Run("r", AS_OF, AS_OF, {"policy": POLICY.digest, "channels": ["email", "push"]})
    return decide(base(), about, engine=ENGINE, ledger=ledger, out=out)


class TestColumns:
    def test_contacts_are_written_counted_and_hold_a_place(self, ledger: SqlLedger, tmp_path: Path) -> None:
        """Everybody may be contacted, and is."""
        manifest = run(ledger, tmp_path / "out")

        assert (manifest["rows"], manifest["by_status"], manifest["by_channel"]) == (3, {"contact": 3}, {"email": 3})
        assert manifest["totals"]["expected_value"] > 0.0
        later = ledger.contact_state(IDS, Instant(AS_OF + 1))
        assert later.contacts_in_period.tolist() == [1, 1, 1]

    def test_a_second_run_later_sees_the_places_of_the_first(self, ledger: SqlLedger, tmp_path: Path) -> None:
        """The cap of the message is one: nobody is contacted twice."""
        run(ledger, tmp_path / "first")
        about = Run("r2", Instant(AS_OF + 60), AS_OF, {"policy": POLICY.digest, "channels": ["email", "push"]})

        manifest = decide(base(), about, engine=ENGINE, ledger=ledger, out=tmp_path / "second")

        assert manifest["by_status"] == {"suppressed": 3}

    def test_the_logged_inputs_give_the_same_decision_again(self, ledger: SqlLedger, tmp_path: Path) -> None:
        """Replay: unpack, decide, compare the rows."""
        manifest = run(ledger, tmp_path / "out")
        row = find_decision(tmp_path / "out", "eve")

        batch, state = unpack_inputs([row["inputs"]], ["eve"], manifest["inputs"]["summary_columns"], 2, 1)
        again = ENGINE.decide(ENGINE.prepare(batch, state, AS_OF, AS_OF))

        assert again.decision_ids.tolist() == [row["decision_id"]]
        assert again.columns()["expected_value"].tolist() == [row["expected_value"]]

    def test_parts_have_one_schema(self, ledger: SqlLedger, tmp_path: Path) -> None:
        """Types do not depend on what a part happens to hold."""
        manifest = run(ledger, tmp_path / "out")

        first, second = (pq.read_schema(tmp_path / "out" / part["file"]) for part in manifest["parts"])
        assert first.equals(second)


class TestWithdraw:
    def test_a_refused_place_makes_a_suppression_with_its_reason(self, ledger: SqlLedger, tmp_path: Path) -> None:
        """Somebody else took bob's place at the same second; the row names the cap that was full."""
        taken(ledger, [Reservation("x", "bob", "hello", "hello", "email", AS_OF, Instant(AS_OF + DAY))], AS_OF)

        manifest = run(ledger, tmp_path / "out")

        assert manifest["by_status"] == {"contact": 2, "suppressed": 1}
        row = find_decision(tmp_path / "out", "bob")
        names = ("status", "suppressions", "reason_1", "message_id")
        assert [row[name] for name in names] == ["suppressed", "message_cap", "message_cap", None]
        assert row["considered_message_id"] == "hello"

    def test_the_others_stay_as_they_are(self) -> None:
        """Row by row, bob alone changes; the row says so to the send engine."""
        decided = people(POLICY, IDS).decide()

        after = withdraw(decided, np.array([False, True, False]))

        assert [rows(after)[i]["status"] for i in range(3)] == ["contact", "suppressed", "contact"]
        assert (rows(after)[0], rows(after)[2]) == (rows(decided)[0], rows(decided)[2])
        assert (rows(after)[1]["message"], rows(after)[1]["suppressions"][0]["code"]) == (None, "contact_cap")
        assert decided.is_status(Status.CONTACT).all()

    def test_who_was_not_contacted_is_not_touched(self) -> None:
        """Only a contact can be withdrawn."""
        decided = people(POLICY, IDS, contacts_in_period=9).decide()

        assert withdraw(decided, np.ones(3, dtype=bool)) is decided


class TestStateAsJson:
    def test_it_comes_back_as_it_was(self) -> None:
        """The form in the log of single decisions; JSON has no NaN."""
        state = replace(people(POLICY, IDS).state, shut=np.array([[0, 0], [1, 2], [0, 0]], dtype=np.int8))

        back = state_from_json(json.dumps(states_as_json(state, [1])[0]))

        for name in ContactState.__slots__:
            before, after = getattr(state.rows(slice(1, 2)), name), getattr(back, name)
            if name == "refused":
                assert (before.any(), after) == (False, None)  # nobody refused anything
            elif name.startswith("spacing"):
                assert (before, after) == (None, None)  # the policy has none
            else:
                assert (after.dtype, after.tobytes()) == (before.dtype, before.tobytes())

    def test_times_of_the_spacing_come_back_in_both_forms(self) -> None:
        """Of whom no other contact is near, there are none; where nobody has any, rows are as they were before there was a spacing."""
        nan = float("nan")
        some = people(POLICY, IDS, spacing_from=[[nan, nan], [5.0, nan], [nan, nan]], spacing_until=[[nan, nan], [9.0, nan], [nan, nan]])

        whole = joined([state_from_json(json.dumps(row)) for row in states_as_json(some.state, [0, 1, 2])])
        _, packed = unpack_inputs([bytes(row) for row in pack_inputs(some.summaries, some.state)], IDS, some.summaries.names, 2, 1)

        for back in (whole, packed):
            for name in ("spacing_from", "spacing_until"):
                assert getattr(back, name).tobytes() == getattr(some.state, name).tobytes()
        assert pack_inputs(some.summaries, people(POLICY, IDS).state).shape[1] == pack_inputs(some.summaries, some.state).shape[1] - 32
