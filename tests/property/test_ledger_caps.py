"""What must never happen to caps, consents and retries, whatever the order of things."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, Instant
from otokui.ports.reservations import Reservation
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from tests.places import taken

START = 1_000 * DAY
CAP, CAP_DAYS = 2, 7
CHANNELS = tuple(Channel(name=n, title=n, title_ja=n, cap=cap, cap_days=7) for n, cap in (("email", 2), ("sms", 1)))
MESSAGES = tuple(
    Message(message_id=n, scenario=n, title=n, title_ja=n, objective="purchase", channels=("email",), cap=cap, cap_days=7)
    for n, cap in (("news", 2), ("winback", 1))
)


def fresh(folder: str) -> SqlLedger:
    """Open an empty ledger."""
    return open_ledger(
        f"sqlite:///{Path(folder)}/ledger.db", channels=CHANNELS, messages=MESSAGES, contact_cap=CAP, contact_cap_days=CAP_DAYS
    )


asks = st.tuples(
    st.integers(0, 11),  # decision
    st.integers(0, 1),  # customer, if the decision is new
    st.sampled_from(["email", "sms"]),
    st.sampled_from(["news", "winback"]),
    st.integers(0, 10 * DAY),  # seconds since the step before
    st.integers(1, 3 * DAY),  # valid for
    st.booleans(),  # sent while it is valid
)


@settings(max_examples=40, deadline=None)
@given(st.lists(asks, min_size=1, max_size=14))
def test_caps_hold_at_every_moment_whatever_is_asked_sent_or_lapsed(steps: list[tuple[int, int, str, str, int, int, bool]]) -> None:
    """Live places and contacts of any period together never exceed a cap, and a retry takes no second place."""
    with tempfile.TemporaryDirectory() as folder, fresh(folder) as ledger:
        moment, owners, live, sent = START, {}, {}, []
        for decision, customer, channel, message, wait, valid, dispatched in steps:
            moment += wait
            who, channel, message = owners.setdefault(decision, (f"c{customer}", channel, message))
            live = {d: kept for d, kept in live.items() if kept[3] > moment}
            place = Reservation(f"d{decision}", who, message, message, channel, Instant(moment), Instant(moment + valid))

            first, again = taken(ledger, [place], Instant(moment))[0], taken(ledger, [place], Instant(moment))[0]

            assert first == again
            was_sent = any(d == decision for d, *_ in sent)
            if first and not was_sent:
                live.setdefault(decision, (who, channel, message, moment + valid))
                if dispatched:
                    live.pop(decision)
                    sent.append((decision, who, channel, message, moment))
                    row = {"customer_id": who, "contact_id": f"k{decision}", "message_id": message, "channel": channel}
                    ledger.import_contacts(pl.DataFrame([{**row, "sent_at": moment, "known_at": moment, "decision_id": f"d{decision}"}]))
            counted = [(w, c, m) for w, c, m, _ in live.values()] + [(w, c, m) for _, w, c, m, at in sent if at > moment - 7 * DAY]
            for name in ("c0", "c1"):
                assert sum(w == name for w, _, _ in counted) <= 2
                assert sum(w == name and c == "sms" for w, c, _ in counted) <= 1
                assert sum(w == name and m == "winback" for w, _, m in counted) <= 1


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.integers(0, 30)), min_size=1, max_size=10),
    st.randoms(use_true_random=False),
)
def test_a_refusal_is_never_undone_without_a_later_yes(said: list[tuple[int, bool, int]], shuffled: object) -> None:
    """Whatever is imported in whatever order, the newest word by its own time decides, and a tie is a no."""
    order = list(said)
    shuffled.shuffle(order)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder, fresh(folder) as ledger:
        for changed_at, opted_in, later in order:
            row = {"customer_id": "ada", "channel": "email", "opted_in": opted_in, "changed_at": changed_at, "known_at": changed_at + later}
            ledger.import_consents(pl.DataFrame([row]))

        consented = ledger.contact_state(["ada"], Instant(START)).consented[0, 0]

    newest = max(changed_at for changed_at, _, _ in said)
    assert consented == (0 if (newest, False) in {(at, yes) for at, yes, _ in said} else 1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12), st.integers(0, 40))
def test_what_happens_later_changes_nothing_before(rows: list[tuple[int, int, int]], as_of: int) -> None:
    """The state at an instant equals the state of a ledger that never heard of what came after."""
    frame = pl.DataFrame(
        [
            {
                "customer_id": f"c{who}", "contact_id": f"k{i}", "message_id": "news", "channel": "email", "sent_at": START + at * DAY,
                "known_at": START + at * DAY, "opened_at": START + (at + later) * DAY,
            }
            for i, (who, at, later) in enumerate(rows)
        ]
    )  # fmt: skip
    moment, ids = Instant(START + as_of * DAY), [f"c{who}" for who in range(4)]
    with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as cut, fresh(whole) as everything, fresh(cut) as known:
        everything.import_contacts(frame)
        known.import_contacts(
            frame.filter(pl.col("sent_at") < moment).with_columns(opened_at=pl.when(pl.col("opened_at") < moment).then("opened_at"))
        )

        left, right = everything.contact_state(ids, moment), known.contact_state(ids, moment)

    assert left.contacts_in_period.tolist() == right.contacts_in_period.tolist()
    assert left.unanswered.tolist() == right.unanswered.tolist()
    assert left.message_contacts.tolist() == right.message_contacts.tolist()
