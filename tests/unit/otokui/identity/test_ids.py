"""What an id is: one canonical form, the same whether one text is asked or a whole column."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otokui.errors import BadInput
from otokui.identity.ids import canonical, canonical_column, fault, is_canonical, normalised

ANYTHING = st.one_of(
    st.text(max_size=140),
    st.text(alphabet="aé\u0301が\u3099 \t\n\x00\u200d\u3000\ufe0f😀", max_size=8),
    st.text(alphabet=st.characters(), min_size=125, max_size=140),
)


class TestOneId:
    @pytest.mark.parametrize(
        ("text", "id_"),
        [
            ("c-17", "c-17"),
            (" c-17\t", "c-17"),
            ("\u3000客-17\n", "客-17"),
            ("か\u3099", "が"),  # KA and a combining mark, as macOS writes file names
            ("Müller\u00a0", "Müller"),
            ("A 17", "A 17"),
            ("x" * 128, "x" * 128),
            ("😀-م", "😀-م"),
            ("❤\ufe0f", "❤\ufe0f"),
        ],
    )
    def test_spellings_of_one_id_come_to_the_same(self, text: str, id_: str) -> None:
        """Blanks around it and the decomposed form are spelling; script and emoji are not."""
        assert canonical(text) == id_
        assert is_canonical(id_)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "it is empty"),
            (" \u3000 ", "it is empty"),
            ("x" * 129, "it is longer than 128 characters"),
            ("c1\x00c2", "character 3 is U+0000, which is not printable"),
            ("c\n1", "character 2 is U+000A, which is not printable"),
            ("c\u200b1", "character 2 is U+200B, which is not printable"),
            ("👩\u200d💻", "character 2 is U+200D, which is not printable"),
            ("\ud800", "character 1 is U+D800, which is not printable"),
            ("\ue000", "character 1 is U+E000, which is not printable"),
            ("\U000e0fff", "character 1 is U+E0FFF, which is not printable"),
            ("c\u30001", "character 2 is U+3000, which is not printable"),
            ("c\u20281", "character 2 is U+2028, which is not printable"),
        ],
    )
    def test_what_cannot_be_an_id_says_why_without_quoting_it(self, text: str, why: str) -> None:
        """A log line or an answer may carry the reason; it holds nothing of the customer."""
        with pytest.raises(BadInput, match="1 to 128 printable") as refused:
            canonical(text)

        assert fault(text) == why
        assert refused.value.detail == f"the customer id is no id: {why}"


@given(ANYTHING)
@example("\x1fc1\x1f")
@example("x" * 300 + "\u0301")
def test_normalising_twice_is_normalising_once(text: str) -> None:
    """And what comes out as an id is one as it stands."""
    assert normalised(normalised(text)) == normalised(text)
    assert is_canonical(text) == (not fault(text) and normalised(text) == text)


@given(st.lists(st.none() | ANYTHING, max_size=20))
def test_a_column_is_read_as_its_values_one_by_one(texts: list[str | None]) -> None:
    """Files and HTTP calls cannot come to different ids."""
    # A file in UTF-8 cannot hold a surrogate, nor can a column of texts.
    encodable = [text for text in texts if text is None or not any("\ud800" <= c <= "\udfff" for c in text)]

    made = canonical_column(pl.Series("customer_id", encodable, dtype=pl.String)).to_list()

    assert made == [None if text is None or fault(text) else canonical(text) for text in encodable]
