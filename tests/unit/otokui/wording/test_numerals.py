"""Numbers as a language writes them: the digits of Python, the layout of CLDR."""

from __future__ import annotations

import pytest
from babel import Locale
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from otokui.wording.numerals import PLAIN, compact, laid_out, money, written


@pytest.mark.parametrize(
    ("language", "decimal", "percent", "amount", "short"),
    [
        ("en", "-1,234.50", "12%", "¥1,860", "1.23M"),
        ("ja", "-1,234.50", "12%", "¥1,860", "123万"),
        ("de", "-1.234,50", "12 %", "1.860 ¥", "1,23 Mio."),
        ("fr", "-1 234,50", "12 %", "1 860 JPY", "1,23 M"),
        ("hi", "-1,234.50", "12%", "JP¥1,860", "12.3 लाख"),
    ],
)
def test_each_language_has_its_layout(language: str, decimal: str, percent: str, amount: str, short: str) -> None:
    """Group, point, percent sign, currency and large numbers."""
    told = [
        written(-1234.5, ",.2f", language),
        written(0.12, ".0%", language),
        money(1860.0, 0, "JPY", language),
        compact(1_234_567.0, language),
    ]

    assert [each.replace("\xa0", " ").replace("\u202f", " ") for each in told] == [decimal, percent, amount, short]


@pytest.mark.parametrize("language", sorted(PLAIN))
def test_languages_that_are_left_as_they_are_write_numbers_as_python_does(language: str) -> None:
    """Says CLDR: otherwise their reasons would be wrong."""
    locale = Locale.parse(language)
    symbols = locale.number_symbols["latn"]

    assert (symbols["decimal"], symbols["group"], symbols["minusSign"], symbols["percentSign"]) == (".", ",", "-", "%")
    assert locale.decimal_formats[None].pattern == "#,##0.###"
    assert locale.percent_formats[None].pattern == "#,##0%"


@given(st.floats(-1e12, 1e12), st.integers(0, 4), st.sampled_from(["en", "ja"]))
def test_digits_are_those_of_babel_too(value: float, digits: int, language: str) -> None:
    """What Python has rounded, Babel lays out to the same characters, so that one may stand for the other."""
    plain = f"{value:,.{digits}f}"

    assert format_decimal(plain.replace(",", ""), "#,##0." + "0" * digits if digits else "#,##0", locale=language) == plain


@given(st.floats(-1e9, 1e9))
def test_digits_do_not_depend_on_the_language(value: float) -> None:
    """Rounded once, laid out afterwards."""
    german = written(value, ",.2f", "de")

    assert german.replace(".", "").replace(",", ".") == f"{value:.2f}"


def test_an_amount_of_yen_stands_as_before_in_japanese() -> None:
    """Babel has a full-width sign there; the page has not."""
    assert money(-1860.0, 0, "JPY", "ja") == "-¥1,860"
    assert format_currency(-1860, "JPY", "¤#,##0", locale="en") == money(-1860.0, 0, "JPY", "en")
    assert money(5.0, 2, "SEK", "en") == "SEK 5.00"


@pytest.mark.parametrize("digits", ["1e+09", "nan", "inf", "-"])
def test_what_is_no_plain_number_stays(digits: str) -> None:
    """There is nothing to lay out."""
    assert laid_out(digits, "de") == digits


def test_a_number_just_below_a_unit_has_no_exponent() -> None:
    """Three digits of 999.99 are a thousand."""
    assert compact(999_999.0) == "1000k"
    assert compact(12.0) == "12"
    assert compact(1_860.0, "ja") == "1,860"
