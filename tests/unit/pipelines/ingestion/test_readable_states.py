"""Customers whose ids no ledger can be asked about do not stop a run, and are left alone."""

from __future__ import annotations

import numpy as np

from adapters.ledger import Caps
from otokui.domain import DAY, Instant
from pipelines.ingestion.readable_states import contact_state
from tests.contract.ledgers import CHANNELS, MESSAGES, consents
from tests.fake_ledger import FakeLedger

NOW = Instant(1_000 * DAY)


def test_odd_ids_are_unreadable_and_the_others_are_read() -> None:
    """In their order; "ada" is not read for "ada" and a NUL."""
    ledger = FakeLedger(Caps.of(CHANNELS, MESSAGES, contact_cap=3, contact_cap_days=7))
    ledger.import_consents(consents(("ada", "email", True, 5), ("bob", "email", False, 5)))

    state = contact_state(ledger.contact_state, ["ada\x00", "bob", "cafe\u0301", "ada"], NOW, np.full(4, np.nan))

    assert state.consented[:, 0].tolist() == [-1, 0, -1, 1]
    assert state.contacts_in_period.tolist() == [-1, 0, -1, 0]
    assert state.blacklisted.tolist() == [[-1, -1], [0, 0], [-1, -1], [0, 0]]


def test_nobody_but_odd_ids_is_nobody_readable() -> None:
    """Shapes stay what the policy expects."""
    ledger = FakeLedger(Caps.of(CHANNELS, MESSAGES, contact_cap=3, contact_cap_days=7))

    assert contact_state(ledger.contact_state, ["\x00"], NOW, None).consented.tolist() == [[-1, -1]]
