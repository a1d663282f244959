"""A row as bytes."""

import struct

import numpy as np
import pytest

from features.summaries.packing import ROW_BYTES, TAG, pack, unpack
from features.summaries.summary import summary_names
from otokui.errors import SkewError
from otokui.frames import Batch, texts
from tests.builders import summaries


def test_what_is_packed_is_unpacked() -> None:
    """Values, nulls and order; who has no row gets nulls."""
    batch = summaries({"paid_sum": 1.5, "purchase_count": 2.0}, {"paid_sum": -0.0})

    again = unpack(["c-0", "nobody", "c-1"], [pack(batch)[0], None, pack(batch)[1]])

    assert again.values[[0, 2]].tobytes() == batch.values.tobytes()
    assert np.isnan(again.values[1]).all()
    assert list(again.customer_ids) == ["c-0", "nobody", "c-1"]
    assert again.names == summary_names()


def test_the_form_is_little_endian_doubles_after_the_tag() -> None:
    """Another language can read it."""
    (packed,) = pack(summaries({"has_record": 1.0}))

    assert len(packed) == ROW_BYTES == 8 + 8 * len(summary_names())
    assert packed[:8] == TAG
    assert struct.unpack_from("<d", packed, 8) == (1.0,)


@pytest.mark.parametrize("spoilt", [b"", b"\0" * ROW_BYTES, TAG, TAG + b"\0" * 8])
def test_a_row_of_another_build_is_refused(spoilt: bytes) -> None:
    """It says what to run."""
    with pytest.raises(SkewError, match="otokui materialise"):
        unpack(["c"], [spoilt])


def test_a_batch_of_other_columns_is_refused() -> None:
    """Bytes carry no names; so the names are checked before."""
    with pytest.raises(SkewError):
        pack(Batch(texts(["c"]), ("paid_sum",), np.zeros((1, 1))))


def test_no_rows_is_no_bytes() -> None:
    """An empty batch stays one."""
    assert pack(summaries()) == []
    assert len(unpack([], [])) == 0
