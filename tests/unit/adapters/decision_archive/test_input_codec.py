"""What a decision was made from, packed and read again: by this build, and as earlier builds packed it."""

from __future__ import annotations

import json

import numpy as np

from adapters.decision_archive.input_codec import pack_inputs, row_layout, state_from_json, states_as_json, unpack_inputs
from otokui.frames import Batch, ContactState, texts

SUMMARIES = Batch(texts(["ada"]), ("spend",), np.array([[7.5]]))


def state(refused: list[list[int]] | None) -> ContactState:
    """Ada over two channels, with one message."""
    found = ContactState.unreadable(1, 2, 1)
    found.consented[:], found.contacts_in_period[:] = 1, 3
    return ContactState(*(getattr(found, name) for name in ContactState.__slots__[:7]), None, None if refused is None else _tri(refused))


def as_json(found: ContactState) -> str:
    """The first customer's state as the log keeps it."""
    return json.dumps(states_as_json(found, [0])[0])


def _tri(rows: list[list[int]]) -> np.ndarray:
    return np.array(rows, dtype=np.int8)


def test_refusals_come_back_as_they_were() -> None:
    """Of both channels, from the files of a run and from the service's log."""
    packed = pack_inputs(SUMMARIES, state([[5, 0]]))

    _, unpacked = unpack_inputs([bytes(packed[0])], ["ada"], ("spend",), 2, 1)
    from_log = state_from_json(as_json(state([[5, 0]])))

    assert (unpacked.refused.tolist(), from_log.refused.tolist()) == ([[5, 0]], [[5, 0]])  # type: ignore[union-attr]


def test_what_an_earlier_build_packed_is_read_as_nobody_having_refused() -> None:
    """Its rows end before the refusals; everything else is where it was."""
    packed = bytes(pack_inputs(SUMMARIES, state(None))[0])
    earlier = packed[: row_layout(("spend",), 2, 1, refused=False).itemsize]

    summaries, unpacked = unpack_inputs([earlier], ["ada"], ("spend",), 2, 1)

    assert len(packed) - len(earlier) == 2
    assert (summaries.values.tolist(), unpacked.consented.tolist(), unpacked.refused) == ([[7.5]], [[1, 1]], None)


def test_an_earlier_log_says_nothing_of_refusals() -> None:
    """The field is absent there, and stays so when the state is written again."""
    text = as_json(state(None))

    assert "refused" not in json.loads(text)
    assert as_json(state_from_json(text)) == text
