"""Translation of sentences by gettext catalogues, read with Babel.

The English sentence is the message id and stands in the code; every other language is one file,
``otokui/wording/locales/LANGUAGE/LC_MESSAGES/otokui.po``. A catalogue is read once, when its language is first needed: Babel takes longer
to import than everything else here, and English does not need it. Every room has sentences, so this is shared; error messages of the
command line are English and have no catalogue.
"""

from __future__ import annotations

import gettext as standard
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from otokui.errors import BadInput

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

SOURCE: Final = "en"
"""The language of the message ids."""
DOMAIN: Final = "otokui"
LOCALES = Path(__file__).parent / "locales"


def languages() -> tuple[str, ...]:
    """Return the languages with sentences: English, and those with a catalogue."""
    return (SOURCE, *sorted(path.parent.parent.name for path in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


def checked(language: str) -> str:
    """Return the language, if it has a catalogue.

    Raises:
        BadInput: it has no catalogue.
    """
    if language not in languages():
        raise BadInput(
            f"{language!r} has no catalogue of sentences",
            fix=f"choose one of {', '.join(languages())}; docs/how-to/add-a-language.md adds one",
        )
    return language


def N_(message: str) -> str:  # noqa: N802  gettext's own name for it
    """Mark a sentence for the catalogues and return it unchanged.

    It is translated when it is shown.
    """
    return message


def NP_(context: str, message: str) -> str:  # noqa: N802
    """Mark a sentence with a context for the catalogues and return it unchanged.

    The same sentence reads differently in different contexts.
    """
    return message


def gettext(message: str, language: str = SOURCE) -> str:
    """Return the translation of a sentence; English if the catalogue has none."""
    # The empty message id is a catalogue's own header.
    return message if language == SOURCE or not message else catalogue(language).gettext(message)


def pgettext(context: str, message: str, language: str = SOURCE) -> str:
    """Return the translation of a sentence marked with a context."""
    if not context or language == SOURCE:
        return gettext(message, language)
    return catalogue(language).pgettext(context, message)


def ngettext(one: str, many: str, count: float, language: str = SOURCE) -> str:
    """Return the translation of a sentence in the form for a count.

    A fraction takes the plural.
    """
    whole = int(count) if float(count).is_integer() else 2
    if language == SOURCE:
        return one if whole == 1 else many
    return catalogue(language).ngettext(one, many, abs(whole))


@cache
def catalogue(language: str) -> standard.NullTranslations:
    """Return the translations of a language, compiled once.

    Fuzzy ones are left out.

    Raises:
        BadInput: there is no such catalogue.
    """
    from babel.messages.mofile import write_mo

    compiled = io.BytesIO()
    write_mo(compiled, _read(language))
    compiled.seek(0)
    return standard.GNUTranslations(compiled)


def messages(language: str, context: str) -> tuple[str, ...]:
    """Return the English messages of a catalogue with a context."""
    return tuple(str(message.id) for message in _read(language) if message.context == context)


@cache
def _read(language: str) -> Catalog:
    from babel import Locale
    from babel.core import UnknownLocaleError
    from babel.messages.pofile import read_po

    path = LOCALES / checked(language) / "LC_MESSAGES" / f"{DOMAIN}.po"
    try:
        Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        raise BadInput(
            f"{language!r} is no language that CLDR knows, so that its numbers and dates cannot be written",
            fix="name the catalogue's folder by a language code, e.g. fr or pt_BR",
        ) from None
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


@dataclass(frozen=True, slots=True)
class Text:
    """Translatable sentence, not yet in a language.

    message: the English sentence, with a ``{name}`` for each of ``values``, which may be texts themselves; context: of the mark; own: by
    language, the shop's own text, which no catalogue replaces.
    """

    message: str
    context: str = ""
    values: Mapping[str, Translatable | str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, language: str = SOURCE) -> str:
        """Return the sentence in a language."""
        written = self.own.get(language) or pgettext(self.context, self.message, language)
        if not self.values:
            return written
        return written.format(**{name: in_language(value, language) for name, value in self.values.items()})


class Translatable(Protocol):
    """Interface of objects with a sentence per language."""

    def in_language(self, language: str) -> str:
        """Return the sentence in a language."""
        ...


def in_language(text: Translatable | str, language: str) -> str:
    """Return a text in a language; a plain string is the same in every language."""
    return text if isinstance(text, str) else text.in_language(language)


def paired(pair: str, texts: list[str]) -> str:
    """Join several texts by a sentence with ``{first}`` and ``{second}``."""
    whole = texts[0]
    for text in texts[1:]:
        whole = pair.format(first=whole, second=text)
    return whole
