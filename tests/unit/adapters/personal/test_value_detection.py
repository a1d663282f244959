"""Which values are personal data and which are not: a list of both, as people and shops write them."""

from __future__ import annotations

import pytest

from adapters.personal.kinds import FREE, NO_ENGLISH, PRODUCT, STRICT, EvidenceLevel, Kind, evidence_for
from adapters.personal.numbers import maybe_card, maybe_my_number
from adapters.personal.plain import plain
from adapters.personal.value_detection import kind_of, maybe
from tests.unit.adapters.personal_corpus import ADDRESSES, EMAILS, NAMES, NOBODY, PHONES

ALL = (FREE, STRICT, NO_ENGLISH, PRODUCT)

ONLY_FREE = {
    "09012345678": Kind.PHONE,
    "０９０１２３４５６７８": Kind.PHONE,
    "0312345678": Kind.PHONE,
    "415-555-2671": Kind.PHONE,
    "田中さんより電話あり": Kind.NAME,
    "Mr. Jones called": Kind.NAME,
    "松本清": Kind.NAME,
    "渋谷区神宮前1-2": Kind.ADDRESS,
    "１２３番地": Kind.ADDRESS,
    "123 Main Street": Kind.ADDRESS,
    "田中 久美": Kind.NAME,
}


@pytest.mark.parametrize("evidence", ALL, ids=["free", "strict", "no English", "product"])
class TestUnderAnyEvidence:
    @pytest.mark.parametrize("text", PHONES)
    def test_a_telephone_number(self, text: str, evidence: EvidenceLevel) -> None:
        """In any width, with any dash, as dialled at home or from abroad."""
        assert kind_of(plain(text), evidence) is Kind.PHONE

    @pytest.mark.parametrize("text", EMAILS)
    def test_an_address_of_mail(self, text: str, evidence: EvidenceLevel) -> None:
        """Alone or within a text."""
        assert kind_of(plain(text), evidence) is Kind.EMAIL

    @pytest.mark.parametrize("text", NAMES)
    def test_a_name(self, text: str, evidence: EvidenceLevel) -> None:
        """Surname and given name, or a surname with 様; kanji, kana or Latin letters."""
        assert kind_of(plain(text), evidence) is Kind.NAME

    @pytest.mark.parametrize("text", ADDRESSES)
    def test_an_address_down_to_the_house(self, text: str, evidence: EvidenceLevel) -> None:
        """With its block, its postal mark, or its street and town."""
        assert kind_of(plain(text), evidence) is Kind.ADDRESS

    @pytest.mark.parametrize("text", NOBODY)
    def test_what_names_nobody(self, text: str, evidence: EvidenceLevel) -> None:
        """Codes, dates, amounts, areas, brands, goods and toll-free numbers pass."""
        assert kind_of(plain(text), evidence) is None


class TestFreeText:
    @pytest.mark.parametrize(("text", "kind"), ONLY_FREE.items())
    def test_weaker_signs_count_in_free_text_only(self, text: str, kind: Kind) -> None:
        """Digits alone, a name inside a sentence, a street without its town: an id or a brand may look so."""
        assert kind_of(plain(text), FREE) is kind
        assert kind_of(plain(text), PRODUCT) is None

    def test_english_names_do_not_count_where_brands_stand(self) -> None:
        """A department store is called like a person."""
        assert [kind_of("John Smith", evidence) for evidence in ALL] == [Kind.NAME, Kind.NAME, None, None]
        assert kind_of("Mr Kipling", PRODUCT) is None


class TestDigits:
    def test_card_numbers_keep_their_check_digit(self) -> None:
        """Luhn, and a first digit of a card network."""
        assert [maybe_card(t) for t in ("4111 1111 1111 1111", "4111111111111111", "378282246310005")] == [True, True, True]
        assert [maybe_card(t) for t in ("4111111111111112", "9111111111111111")] == [False, False]

    def test_my_number_keeps_its_check_digit(self) -> None:
        """The example of the ordinance: eleven digits, weights, remainder of eleven."""
        assert [maybe_my_number(t) for t in ("123456789018", "1234 5678 9018", "123456789012", "12345678901")] == [True, True, False, False]

    def test_digits_only_suggest(self) -> None:
        """A mobile number without separators in a column of ids is left to the column."""
        assert kind_of("09012345678", STRICT) is None
        assert maybe("09012345678", STRICT) is Kind.PHONE
        assert maybe("1234567890", STRICT) is None


class TestColumns:
    @pytest.mark.parametrize(
        ("table", "column", "evidence"),
        [
            ("customers", "area", STRICT),
            ("customers", "rank", FREE),
            ("customers", "customer_id", STRICT),
            ("products", "name", PRODUCT),
            ("products", "brand", PRODUCT),
            ("order_lines", "product_id", NO_ENGLISH),
            ("events", "type", NO_ENGLISH),
            ("events", "source", NO_ENGLISH),
            ("orders", "coupon_id", NO_ENGLISH),
            ("suppressions", "reason", FREE),
            ("orders", "ordered_at", None),
            ("order_lines", "paid_amount", None),
        ],
    )
    def test_how_a_column_is_judged(self, table: str, column: str, evidence: EvidenceLevel | None) -> None:
        """By what the contract says stands in it."""
        assert evidence_for(table, column) == evidence
