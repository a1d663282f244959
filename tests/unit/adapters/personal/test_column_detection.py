"""A column judged value by value: the fast path finds what the slow one does, and digits are weighed against their peers."""

from __future__ import annotations

import polars as pl
import pytest

from adapters.personal.column_detection import bare_mobiles, personal_values, single_names
from adapters.personal.kinds import FREE, NO_ENGLISH, PRODUCT, STRICT, EvidenceLevel, Kind
from adapters.personal.plain import plain
from adapters.personal.value_detection import kind_of
from tests.unit.adapters.personal_corpus import ADDRESSES, EMAILS, NAMES, NOBODY, PHONES


@pytest.mark.parametrize("evidence", [FREE, STRICT, NO_ENGLISH, PRODUCT], ids=["free", "strict", "no English", "product"])
class TestPersonalValues:
    def test_the_pattern_in_front_loses_nothing(self, evidence: EvidenceLevel) -> None:
        """Every value of the corpus is found in a column as it is alone, with blanks around it too."""
        corpus = [*PHONES, *EMAILS, *NAMES, *ADDRESSES]
        column = pl.Series([*corpus, *(f" {text} " for text in corpus)])

        found = personal_values(column, evidence)

        assert [v for v in column.to_list() if found.get(v) != kind_of(plain(v), evidence)] == []
        assert len(found) == 2 * len(corpus)

    def test_what_names_nobody_passes(self, evidence: EvidenceLevel) -> None:
        """Nor do nulls and empty cells trouble it."""
        assert personal_values(pl.Series([*NOBODY, None, ""]), evidence) == {}

    def test_one_among_three_hundred_is_found(self, evidence: EvidenceLevel) -> None:
        """A share decides nothing."""
        column = pl.Series([f"c{i}" for i in range(299)] + ["090-1234-5678"])

        assert personal_values(column, evidence) == {"090-1234-5678": Kind.PHONE}


@pytest.mark.parametrize(
    "text",
    [
        "店頭にて鈴木様より承りました",
        "佐藤さんの紹介です",
        "弟の高橋氏",
        "山野辺 様",
        "担当は Mr. Jones",
        "配送先は渋谷区神宮前1-2",
        "本町１２３番地",
        "0312345678",
    ],
)
def test_the_pattern_in_front_loses_no_sentence(text: str) -> None:
    """In free text a part of the value is enough."""
    assert list(personal_values(pl.Series([text, "x"]), FREE)) == [text]


class TestPeers:
    def test_a_lone_mobile_number_among_other_ids(self) -> None:
        """No other id has eleven digits, so these are a telephone number's."""
        assert personal_values(pl.Series([f"c{i}" for i in range(300)] + ["09012345678"]), STRICT) == {"09012345678": Kind.PHONE}

    def test_ids_of_eleven_digits(self) -> None:
        """One in three hundred begins like a mobile number by chance."""
        column = pl.Series([f"{i * 7_919_777:011d}" for i in range(1, 10_000)])

        assert column.str.contains("^0[789]0").sum() > 10
        assert personal_values(column, STRICT) == {}

    def test_a_column_of_mobile_numbers(self) -> None:
        """All of one shape look so."""
        assert len(personal_values(pl.Series([f"080{i:08d}" for i in range(50)]), STRICT)) == 50

    def test_numbers_of_sixteen_digits(self) -> None:
        """A tenth passes the check digit by chance; cards pass it all."""
        random = pl.Series([f"4{i * 7_919_777_333:015d}" for i in range(1, 500)])
        cards = pl.Series(["4111111111111111", "5555555555554444", "c1"])

        assert personal_values(random, STRICT) == {}
        assert personal_values(cards, STRICT) == {"4111111111111111": Kind.CARD, "5555555555554444": Kind.CARD}

    @pytest.mark.parametrize("width", [6, 8, 9, 10, 12, 13])
    def test_ids_of_other_lengths(self, width: int) -> None:
        """Customer numbers, order numbers, JAN codes: padded with zeros or not."""
        column = pl.Series([f"{i * 104_729 % 10**width:0{width}d}" for i in range(3_000)])

        assert personal_values(column, STRICT) == {}

    def test_amounts_with_a_leading_zero_that_are_none(self) -> None:
        """A mobile number would be read as nine billion yen."""
        assert bare_mobiles(pl.Series(["500", "09012345678", "0.5", "1234567890", None])) == {"09012345678": Kind.PHONE}


class TestSingleNames:
    def test_a_column_of_surnames(self) -> None:
        """Half of the distinct values are surnames that are no places."""
        assert set(single_names(pl.Series(["佐藤", "鈴木", "高橋", "店長", "佐藤"]))) == {"佐藤", "鈴木", "高橋"}

    def test_a_column_of_places(self) -> None:
        """Stations and prefectures are called like people."""
        assert single_names(pl.Series(["渋谷", "上野", "千葉", "川崎", "中野", "山口", "福島", "池袋"])) == {}

    def test_a_few_surnames_among_other_words(self) -> None:
        """Two words prove no column."""
        assert single_names(pl.Series(["佐藤", "鈴木", "gold", "silver", "bronze"])) == {}
