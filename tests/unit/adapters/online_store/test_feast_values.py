"""The one value that Feast keeps for a customer: whose it is stands in it."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.online_store.feast_values import decode, encode
from otokui.domain import Instant
from otokui.errors import SkewError, Unavailable
from otokui.frames import Batch, texts

TAG = "00112233445566ff"
(ADA,) = encode(Batch(texts(["ada"]), ("a", "b"), np.array([[1.5, np.nan]])), TAG, Instant(77))


def test_a_value_comes_back_bit_for_bit() -> None:
    """Instant and row are those that went in."""
    summarised_at, row = decode(ADA, "ada", TAG, 2)

    assert (summarised_at, row[0], np.isnan(row[1])) == (77, 1.5, True)


@pytest.mark.parametrize(("value", "asked"), [(ADA, "bob"), (ADA[:-8], "ada"), (ADA[:10], "ada"), (b"", "ada"), (ADA + b"x", "ada")])
def test_another_customers_value_is_never_read(value: bytes, asked: str) -> None:
    """A connection that lost step, or a value cut short, is an outage and not an answer."""
    with pytest.raises(Unavailable):
        decode(value, asked, TAG, 2)


def test_a_value_of_other_columns_is_never_read() -> None:
    """The tag of the columns stands first."""
    with pytest.raises(SkewError):
        decode(ADA, "ada", "ffffffffffffffff", 2)
