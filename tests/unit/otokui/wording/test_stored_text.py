"""Sentences that a file keeps in English, read in another language."""

from __future__ import annotations

import pytest

from otokui.wording.stored_text import StoredText, translate_stored


@pytest.mark.parametrize(
    ("english", "japanese"),
    [
        ("the purchases span 20 of the 56 days needed", "購入履歴は20日分で、56日分が必要です"),
        ("one horizon, the one it was trained for", "予測期間は学習した1種類のみです"),
        (
            "not enough data for churn, because there are records of 5 of the 100 customers needed to learn from and to judge on; "
            "no chance is given",
            "離反の予測にはデータが足りません: 学習と検証に必要な100人に対し、記録は5人分です。確率は示していません",
        ),
    ],
)
def test_numbers_are_put_into_the_translation(english: str, japanese: str) -> None:
    """A sentence, one without numbers, and one made of three."""
    assert translate_stored(english, "ja") == japanese
    assert translate_stored(english, "en") == english


@pytest.mark.parametrize("text", ["", "an older release said it so", "this; and that"])
def test_what_no_message_fits_is_shown_as_it_was_kept(text: str) -> None:
    """English that is understood is better than nothing."""
    assert translate_stored(text, "ja") == text


def test_what_was_kept_in_the_language_is_not_made_anew() -> None:
    """The file has the last word."""
    kept = StoredText({"en": "no chance is given", "ja": "そのまま"})

    assert (kept.in_language("en"), kept.in_language("ja")) == ("no chance is given", "そのまま")
