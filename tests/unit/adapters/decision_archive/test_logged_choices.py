"""Logged decisions read back, from the service's log and from the files of a run, in one form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.decision_archive.input_codec import pack_inputs
from adapters.decision_archive.logged_choices import LoggedChoices, of_ledger, of_run
from adapters.decision_archive.run_folder import arrow_table, claim
from features import summary_names
from features.summaries.packing import pack
from otokui.domain import DAY, Instant
from otokui.errors import Missing
from otokui.frames import Batch, ContactState, texts
from otokui.ports.ledger import LoggedDecision

AS_OF = Instant(1_000 * DAY)
TIMED = {"timing": {"send_at": "2025-01-01T09:00:00+09:00"}}


def summaries(*ids: str) -> Batch:
    """Customers whose every fact is their place among them, and a half."""
    values = np.repeat(np.arange(len(ids))[:, None] + 0.5, len(summary_names()), axis=1)
    return Batch(texts(ids), summary_names(), values)


def logged(customer_id: str = "ada", **changes: Any) -> LoggedDecision:
    """Return a contact as the service logs it."""
    given: dict[str, Any] = {
        "decision_id": f"d-{customer_id}", "customer_id": customer_id, "as_of": AS_OF, "summarised_at": AS_OF, "status": "contact",
        "message_id": "news", "channel": "email", "propensity": 0.9, "policy": "p", "models": {}, "inputs": pack(summaries(customer_id))[0],
        "contact_state": "{}", "decision": json.dumps(TIMED),
    }  # fmt: skip
    return LoggedDecision(**(given | changes))


@dataclass(frozen=True)
class Told:
    """What a test looks at."""

    rows: Sequence[tuple[str, str, str | None, str | None, float, bool]]
    facts: Sequence[float]


def told(choices: LoggedChoices) -> Told:
    """Return the decisions as plain rows, and one fact of each customer."""
    columns = (choices.status, choices.message_ids, choices.channels, choices.propensities.tolist(), choices.withdrawn.tolist())
    return Told(list(zip(choices.summaries.customer_ids, *columns, strict=True)), choices.summaries.values[:, 3].tolist())


def test_the_service_log_comes_back_by_instant() -> None:
    """Those of one second together, each with the summary it was made from; a withdrawn contact is told from silence."""
    lost = json.dumps({"timing": None, "considered": TIMED})
    silent = json.dumps({"timing": None, "considered": {"timing": None}})
    rows = [
        logged("ada"),
        logged("bob", status="suppressed", decision=lost),
        logged("cyd", status="suppressed", decision=silent, message_id=None, channel=None),
        logged("dee", as_of=Instant(AS_OF + 1), propensity=None),
    ]

    first, second = map(told, of_ledger(rows))

    assert first.rows == [
        ("ada", "contact", "news", "email", 0.9, False),
        ("bob", "suppressed", "news", "email", 0.9, True),
        ("cyd", "suppressed", None, None, 0.9, False),
    ]
    assert first.facts == [0.5, 0.5, 0.5]
    assert [row[0] for row in second.rows] == ["dee"]
    assert np.isnan(second.rows[0][4])


def run(folder: Path, *, dry_run: bool = False, finished: bool = True) -> Path:
    """Write a run of two customers: one contacted, one held back as control."""
    batch = summaries("ada", "bob")
    state = replace(ContactState.unreadable(2, 1, 1), last_contact_at=np.array([1.0, 2.0]))
    columns = {
        "customer_id": batch.customer_ids, "status": texts(["contact", "control"]), "considered_message_id": texts(["news", "news"]),
        "considered_channel": texts(["email", "email"]), "considered_send_at": np.array([AS_OF + 60.0, AS_OF + 60.0]),
        "action_probability": np.array([0.75, 0.25]),
    }  # fmt: skip
    with claim(folder, {"run_digest": "r"}) as made:
        part = made.write_part(0, arrow_table(columns, pack_inputs(batch, state)), {"rows": 2})
        if finished:
            inputs = {"summary_columns": list(batch.names)}
            made.publish_manifest(
                {
                    "as_of": int(AS_OF),
                    "summarised_at": int(AS_OF),
                    "dry_run": dry_run,
                    "versions": {"policy": "p"},
                    "inputs": inputs,
                    "parts": [{"file": part["file"]}],
                }
            )
    return folder


def test_the_files_of_a_run_come_back_in_the_same_form(tmp_path: Path) -> None:
    """The summaries bit for bit, whatever else is packed behind them."""
    (choices,) = of_run(run(tmp_path / "run"))

    assert told(choices) == Told(
        [("ada", "contact", "news", "email", 0.75, False), ("bob", "control", "news", "email", 0.25, False)], [0.5, 1.5]
    )


def test_a_dry_run_is_no_log(tmp_path: Path) -> None:
    """Nobody was contacted by it, so its outcomes say nothing of its decisions."""
    assert list(of_run(run(tmp_path / "run", dry_run=True))) == []


def test_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    """Half a base would be taken for the whole."""
    with pytest.raises(Missing):
        list(of_run(run(tmp_path / "run", finished=False)))
