"""Sentences in a language: looked up, filled in, refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from otokui.errors import BadInput
from otokui.settings.settings import Settings
from otokui.settings.shop import ShopSettings
from otokui.wording import i18n
from otokui.wording.i18n import Text, checked, gettext, in_language, ngettext, paired, pgettext
from tests.third_language import third_language

__all__ = ["third_language"]


def test_english_is_the_message_itself() -> None:
    """No catalogue is needed."""
    assert gettext("Why") == "Why"
    assert gettext("Why", "ja") == "理由"


def test_a_message_without_translation_is_english() -> None:
    """As is the empty one, which is a catalogue's own header."""
    assert gettext("nobody has ever said this", "ja") == "nobody has ever said this"
    assert gettext("", "ja") == ""


def test_the_place_tells_two_meanings_apart() -> None:
    """Customers on a tile, and customers a metric is of."""
    assert gettext("customers", "ja") == "顧客数"
    assert pgettext("metric", "customers", "ja") == "顧客"


@pytest.mark.parametrize(("count", "form"), [(1, "1 day"), (2, "2 days"), (0, "0 days"), (1.5, "1.5 days")])
def test_a_count_has_its_form(count: float, form: str) -> None:
    """A fraction is counted as several."""
    assert ngettext("{n} day", "{n} days", count).format(n=count) == form


def test_a_text_holds_texts() -> None:
    """Each is put into the language that is asked for; what the shop wrote itself is kept."""
    title = Text("E-mail", "title", own={"ja": "電子メール"})
    text = Text("{channel} is short", values={"channel": title})

    assert text.in_language("en") == "E-mail is short"
    assert text.in_language("ja") == "電子メールの配信枠が不足しています"
    assert in_language("as it is", "ja") == "as it is"


def test_texts_are_joined_by_a_sentence() -> None:
    """How two stand together is a matter of the language."""
    assert paired(gettext("{first} or {second}", "ja"), ["休眠", "離反", "新規"]) == "休眠、離反、新規"
    assert paired("{first} or {second}", ["one"]) == "one"


def test_a_language_without_a_catalogue_is_refused_with_those_there_are() -> None:
    """By whoever asks, and in the settings."""
    with pytest.raises(BadInput, match="'tlh' has no catalogue") as caught:
        checked("tlh")

    assert "choose one of en, ja" in caught.value.fix
    with pytest.raises(ValueError, match="languages are en, ja"):
        ShopSettings(language="tlh")


def test_the_language_of_a_shop_decides_nothing() -> None:
    """The same policy, and so the same decision ids, whoever reads them."""
    assert Settings(shop=ShopSettings(language="ja")).digest() == Settings().digest()
    assert "language" not in Settings(shop=ShopSettings(language="ja")).governing()


def test_a_folder_that_is_no_language_is_in_language(third_language: str) -> None:
    """Numbers and dates of it could not be written."""
    (i18n.LOCALES / "xx").symlink_to(i18n.LOCALES / third_language)

    with pytest.raises(BadInput, match="'xx' is no language that CLDR knows"):
        gettext("Why", "xx")


def test_english_never_loads_babel() -> None:
    """It takes longer to import than all that a command line needs of the language."""
    said = "from decisions.wording.phrases import WORDINGS, say; say(WORDINGS['leaving'], (0.5, 0.0))"
    code = f"import sys, pipelines.cli; {said}; print('babel' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
