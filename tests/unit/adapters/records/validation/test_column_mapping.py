"""Columns under the contract's names, however they are spelled."""

from __future__ import annotations

import pytest

from adapters.records.validation.column_mapping import contract_names
from otokui.errors import BadRecords


@pytest.mark.parametrize("spelled", ["Unsubscribed_At", "unsubscribed at", "ｕｎｓｕｂｓｃｒｉｂｅｄ＿ａｔ", " UNSUBSCRIBED-AT "])
def test_an_opt_out_column_is_known_by_its_letters(spelled: str) -> None:
    """A capital or a blank must not keep an opt-out from counting."""
    assert contract_names("contacts", ["contact_id", spelled], {}, "f.csv") == {"contact_id": "contact_id", spelled: "unsubscribed_at"}


def test_the_contracts_own_name_goes_before_one_like_it() -> None:
    """Of two columns only one can be meant."""
    names = contract_names("contacts", ["unsubscribed_at", "Unsubscribed At"], {}, "f.csv")

    assert names == {"unsubscribed_at": "unsubscribed_at", "Unsubscribed At": "Unsubscribed At"}


def test_a_mapped_opt_out_column_that_is_not_there_is_an_error() -> None:
    """The file would come in without its refusals."""
    with pytest.raises(BadRecords, match="'unsubscribed_at': missing_column.*opt_out_at.*NOT yet left alone"):
        contract_names("contacts", ["contact_id", "Opt_Out"], {"opt_out_at": "unsubscribed_at"}, "f.csv")


def test_a_file_that_has_the_contracts_name_needs_no_mapping() -> None:
    """Two kinds of files under one mapping."""
    assert contract_names("contacts", ["unsubscribed_at"], {"opt_out_at": "unsubscribed_at"}, "f.csv") == {
        "unsubscribed_at": "unsubscribed_at"
    }
