"""What messages and quarantine may repeat of a value, and of a first row that is no header."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.personal.header import holds_values, shown_name
from adapters.personal.kinds import PRODUCT
from adapters.personal.masking import echoed, hidden, masked
from adapters.personal.word_lists import given_names, surnames
from tests.unit.adapters.personal_corpus import ADDRESSES, EMAILS, NAMES, PHONES

SHOWN = (
    "2024-13-01", "1,000", "inf", "-5", "moon", "2024-06-03", "yesterday", "配信停止", "unsubscribed", "N/A", "NULL", "1 Jan 2024",
    "January 5, 2024 10:00 PM", "令和6年1月2日", "1,000円", "01.02.2024", "9999-12-31", "cust_00123", "R000000001-23", "zoe", "[e-mail]",
)  # fmt: skip
HIDDEN = ("Tokyo", "Kowalski", "神宮寺 勝", "東京都", "café", "a b", "taro.yamada", "[taro yamada]", "x" * 61, "Müller")


class TestEchoed:
    @pytest.mark.parametrize("text", SHOWN)
    def test_figures_and_plain_codes_are_shown(self, text: str) -> None:
        """They are what a shop must see to repair an export."""
        assert echoed(text) == text

    @pytest.mark.parametrize("text", HIDDEN)
    def test_whatever_could_be_a_name_is_hidden(self, text: str) -> None:
        """No list knows every name, so a word with a capital or in Japanese is not repeated."""
        assert echoed(text) == "[text]"

    @pytest.mark.parametrize(
        ("texts", "mask"), [(PHONES, "[phone]"), (EMAILS, "[e-mail]"), (NAMES, "[name]"), (ADDRESSES, "[address]")], ids=str
    )
    def test_personal_data_is_called_by_its_kind(self, texts: tuple[str, ...], mask: str) -> None:
        """So that the shop learns what stood there."""
        assert {echoed(text) for text in texts} == {mask}

    @given(st.sampled_from(sorted(surnames().kanji)), st.sampled_from(sorted(given_names().kanji)), st.sampled_from(["", " ", "　", "・"]))
    def test_a_listed_name_is_never_repeated(self, family: str, given_name: str, between: str) -> None:
        """In whatever combination."""
        assert echoed(family + between + given_name) in ("[name]", "[text]")

    @given(st.text(max_size=80))
    def test_what_is_shown_is_shown_whole(self, text: str) -> None:
        """A value comes back as it is, or nothing of it does."""
        assert echoed(text) == text or echoed(text).startswith("[")

    def test_a_column_is_hidden_value_by_value(self) -> None:
        """Nulls and empty cells stay."""
        assert hidden(pl.Series(["山田太郎", "500", None, "", "Tokyo"])).to_list() == ["[name]", "500", None, "", "[text]"]


class TestMasked:
    def test_only_personal_data_is_hidden(self) -> None:
        """The most common values of a field are there to be read."""
        texts = ("東京都", "山口", "ゴールド会員", "佐藤", "090-1234-5678", "x" * 80)

        assert [masked(t) for t in texts] == ["東京都", "山口", "ゴールド会員", "[name]", "[phone]", "x" * 57 + "…"]

    def test_a_brand_is_judged_as_a_brand(self) -> None:
        """It may be called like a person's surname."""
        assert [masked(t, PRODUCT) for t in ("佐藤", "John Smith", "佐藤 太郎")] == ["佐藤", "John Smith", "[name]"]


class TestHeader:
    @pytest.mark.parametrize(
        "names",
        [
            ["customer", "order_id", "ordered_at"],
            ["会員番号", "注文日時", "金額"],
            ["Order", "Customer", "Date"],
            ["Lineitem quantity", "Vendor"],
            ["顧客ID", "備考"],
        ],
    )
    def test_column_names_are_no_values(self, names: list[str]) -> None:
        """In English or Japanese, as exports write them."""
        assert not holds_values(names)
        assert [shown_name(n) for n in names] == names

    @pytest.mark.parametrize(
        "names",
        [
            ["c1", "2024-01-01", "100"],
            ["山田太郎", "東京都"],
            ["神宮寺勝", "ゴールド"],
            ["taro@example.com", "x"],
            ["090-1234-5678", "a"],
            ["佐藤", "gold"],
        ],
    )
    def test_values_are_no_column_names(self, names: list[str]) -> None:
        """A date, a number, a person, or nothing that reads like a name of a column."""
        assert holds_values(names)
