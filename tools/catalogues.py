"""Catalogues of ``otokui/wording/locales``, kept in step with the messages in code.

``python -m tools.catalogues`` brings every catalogue up to date, ``--add LANGUAGE`` begins one, ``--check`` changes nothing and
names what is missing. Babel reads the marks (``N_``, ``gettext``, ``words`` …) of Python and of the report's templates; what features are
called and ask for is read off the features, and the titles of the presets off ``otokui.toml``.
"""

from __future__ import annotations

import argparse
import io
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from decisions.wording.column_names import column_name
from decisions.wording.titles import TITLE
from features.catalogue import CATALOGUE
from otokui.settings.settings import load
from otokui.wording.i18n import DOMAIN, LOCALES, SOURCE, Text
from pipelines.report.forecast_section import ASK

ROOT: Final = Path(__file__).resolve().parents[1]
ROOMS: Final = ("otokui", "features", "scoring", "decisions", "training", "measurement", "analysis", "adapters", "pipelines", "serving")
KEYWORDS: Final = {
    "N_": None,
    "NP_": ((1, "c"), 2),
    "gettext": None,
    "pgettext": ((1, "c"), 2),
    "ngettext": (1, 2),
}
OF_THE_PAGE: Final = {"words": None}
"""The report's own mark (``pipelines.report.wording.translations``)."""
LEFT_OUT: Final = tuple(
    f'"{name}' for name in ("Project-Id", "Report-Msgid", "POT-Creation", "PO-Revision", "Last-Translator", "Language-Team", "Generated-By")
)
"""Lines of a catalogue's head that would change with the day and with who wrote it."""
METHODS: Final = [("**.py", "python"), ("**.j2", "jinja2.ext.babel_extract")]


def template() -> Catalog:
    """Return every message of the code, without translations."""
    catalogue = Catalog(project="Otokui", charset="utf-8", fuzzy=False)
    for room in ROOMS:
        marks = KEYWORDS | (OF_THE_PAGE if room == "pipelines" else {})
        for file, _, message, _, context in extract_from_dir(str(ROOT / room), METHODS, keywords=marks):
            catalogue.add(message, locations=[(f"{room}/{file}", 0)], context=context)
    for text, place in read_off():
        catalogue.add(text.message, locations=[(place, 0)], context=text.context)
    return catalogue


def read_off() -> Iterator[tuple[Text, str]]:
    """Yield messages without a mark: names and questions of features, titles of presets."""
    for feature in CATALOGUE:
        column = column_name(feature.name)
        for text in (column.name, column.missing):
            if isinstance(text, Text) and text.context:
                yield text, "features"
        if feature.change is not None:
            yield Text(feature.change.ask, ASK), "features"
    presets = load()
    for title in (*(channel.title for channel in presets.channels), *(message.title for message in presets.messages)):
        yield Text(title, TITLE), "otokui.toml"


def path_of(language: str, folder: Path = LOCALES) -> Path:
    """Return the file of a language."""
    return folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str, folder: Path = LOCALES) -> Catalog:
    """Return the catalogue of a language as it is kept."""
    with path_of(language, folder).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def write(catalogue: Catalog, language: str, folder: Path = LOCALES) -> None:
    """Write a catalogue by file, without line numbers.

    So a change is what a translator changed.
    """
    for message in catalogue:
        message.locations = sorted(set(message.locations))
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, sort_by_file=True, include_lineno=False, ignore_obsolete=True, include_previous=False)
    path = path_of(language, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(LEFT_OUT)), encoding="utf-8")


def update(language: str, folder: Path = LOCALES) -> Catalog:
    """Update a catalogue: add new messages untranslated, drop those gone.

    Nothing is guessed.
    """
    current = template()
    known = read(language, folder) if path_of(language, folder).exists() else Catalog(locale=language, domain=DOMAIN)
    made = Catalog(locale=language, domain=DOMAIN, project="Otokui", charset="utf-8", fuzzy=False)
    made.header_comment = f"# {DOMAIN} in {made.locale_identifier}. How to write it: docs/how-to/add-a-language.md"
    for message in current:
        if not message.id:
            continue
        before = known.get(message.id, message.context)
        strings = before.string if before is not None else ("",) * made.num_plurals if message.pluralizable else ""
        comments = () if before is None else before.user_comments
        made.add(message.id, strings, locations=message.locations, user_comments=comments, context=message.context)
    write(made, language, folder)
    return made


def faults(language: str, folder: Path = LOCALES) -> list[str]:
    """Return faults of a catalogue: missing, superfluous, fuzzy, other placeholders."""
    current, stored = template(), read(language, folder)
    faults_of_catalogue = []
    for message in current:
        if not message.id:
            continue
        there = stored.get(message.id, message.context)
        if there is None or not all(_strings(there)):
            faults_of_catalogue.append(f"not translated: {_shown(message)}")
        elif there.fuzzy:
            faults_of_catalogue.append(f"fuzzy: {_shown(message)}")
        elif any(places(text) != places(_strings_of_id(message)[-1]) for text in _strings(there)):
            faults_of_catalogue.append(f"other places to fill in: {_shown(message)}")
    faults_of_catalogue += [
        f"no longer in the code: {_shown(each)}" for each in stored if each.id and current.get(each.id, each.context) is None
    ]
    return faults_of_catalogue


def places(text: str) -> set[str]:
    """Return the names that a sentence leaves open."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (str(message.string),)


def _strings_of_id(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, (tuple, list)) else (str(message.id),)


def _shown(message: Message) -> str:
    context = f" ({message.context})" if message.context else ""
    return f"{_strings_of_id(message)[0]!r}{context}"


def languages(folder: Path = LOCALES) -> list[str]:
    """Return the languages that have a catalogue."""
    return sorted(path.parent.parent.name for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def main(arguments: list[str] | None = None) -> int:
    """Return the exit code: 0, or with ``--check`` 1 where a catalogue is not complete."""
    parser = argparse.ArgumentParser(prog="python -m tools.catalogues", description=__doc__)
    parser.add_argument("--add", metavar="LANGUAGE", help=f"begin a catalogue, e.g. fr or pt_BR ({SOURCE} needs none)")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a catalogue is not complete")
    wish = parser.parse_args(arguments)
    chosen = sorted({*languages(), *([wish.add] if wish.add else [])})
    if wish.check:
        wrong = [f"{path_of(language)}: {fault}" for language in chosen for fault in faults(language)]
        print("\n".join(wrong) if wrong else f"{len(chosen)} catalogues are complete", file=sys.stderr if wrong else sys.stdout)
        return 1 if wrong else 0
    for language in chosen:
        made = update(language)
        missing = sum(1 for message in made if message.id and not all(_strings(message)))
        print(f"{path_of(language)}: {len(made)} messages, {missing} not translated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
