"""One id, one customer: what one door takes, every door takes, and as the same id."""

from __future__ import annotations

import msgspec
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ledger.storage.id_checks import refuse_odd
from adapters.records.input.base import LINE, MISSHAPEN
from adapters.records.validation.check import check
from otokui.domain import Instant
from otokui.errors import BadInput
from otokui.identity.ids import canonical, normalised
from serving.handlers.request_checks import checked
from serving.http.problems import Refused
from serving.http.request_bodies import read
from serving.http.requests import DECISIONS

NOW = Instant(1_743_465_600)
# An address is set aside by a rule of its own.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="@＠"), max_size=140),
    st.text("a1é\u0301が\u3099 \t\n\x00\x1f\x85\u200d\u3000\ufe0f😀ﬁ\u1100\u1161", max_size=6),
)


def by_file(text: str) -> str | None:
    """The id that a row of a file comes in under, None where it is set aside."""
    row = {"customer_id": [text], "channel": ["email"], "opted_in": ["yes"], "changed_at": ["2024-01-01"]}
    chunk = pl.DataFrame(row).with_columns(pl.lit(2).alias(LINE), pl.lit(None, pl.String).alias(MISSHAPEN))
    good = check("consents", chunk, timezone="UTC", now=NOW).good
    return str(good.item(0, "customer_id")) if len(good) else None


def by_http(text: str) -> str | None:
    """The id that a call is answered under, None where it is refused."""
    body = msgspec.json.encode({"customers": [{"customer_id": text}]})
    try:
        return checked(read(DECISIONS, body), NOW, 400).customers[0].customer_id
    except Refused:
        return None


def by_command_line(text: str) -> str | None:
    """The id that `otokui explain` looks for, None where it is refused."""
    try:
        return canonical(text)
    except BadInput:
        return None


@given(TEXTS)
@example("x" * 128 + " ")
@example(" " + "x" * 129)
@example("e\u0301" * 128)
@example("\ufb1d" * 128)  # longer in composed form
def test_every_door_takes_the_same_ids(text: str) -> None:
    """And the ledger, which takes canonical ones only, takes what they come to."""
    id_ = by_file(text)

    assert by_http(text) == by_command_line(text) == id_
    if id_ is not None:
        assert normalised(id_) == id_
        assert by_file(id_) == id_
        refuse_odd([id_], "the id")
