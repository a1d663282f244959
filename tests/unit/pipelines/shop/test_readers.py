"""Readers of public data sets: found by name, and a name that is none is said."""

from __future__ import annotations

import pytest

from adapters.records.datasets import cdnow, complete_journey, online_retail
from otokui.errors import BadInput
from pipelines.shop.readers import READER_NAMES, public_reader


def test_each_name_finds_its_own_reader() -> None:
    """Names and readers stand in two places; a swapped pair would read one shop's files as another's."""
    assert {name: public_reader(name) for name in READER_NAMES} == {
        "complete-journey": complete_journey.read,
        "online-retail": online_retail.read,
        "cdnow": cdnow.read,
    }


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    """The fix lists every name."""
    with pytest.raises(BadInput, match="'dunnhumby' is no reader") as caught:
        public_reader("dunnhumby")

    assert caught.value.fix == "choose one of complete-journey, online-retail, cdnow"
