"""Sentences about models with too little training data, the same everywhere.

A model stores the reason (``Manifest.not_enough``: present, needed, and the baseline used instead); labels with the same reason share one
sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from otokui.domain import Label
from otokui.wording.i18n import NP_, SOURCE, gettext, paired, pgettext
from otokui.wording.stored_text import KEPT, translate_stored

NOT_ENOUGH: Final = NP_("kept", "not enough data for {what}, because {why}")


def sentence(labels: Sequence[Label], why: str, language: str = SOURCE) -> str:
    """Return a sentence that labels have too little training data, and why."""
    names = [pgettext(KEPT, label.words, language) for label in labels]
    what = paired(gettext("{first}, {second}", language), names[:-1]) if len(names) > 1 else names[0]
    what = gettext("{first} and {second}", language).format(first=what, second=names[-1]) if len(names) > 1 else what
    return pgettext(KEPT, NOT_ENOUGH, language).format(what=what, why=translate_stored(why, language))


def sentences(not_enough: Mapping[Label, str], language: str = SOURCE) -> list[str]:
    """Return a sentence for each reason, with all labels that share it."""
    by_why: dict[str, list[Label]] = {}
    for label, why in not_enough.items():
        by_why.setdefault(why, []).append(label)
    return [sentence(labels, why, language) for why, labels in by_why.items()]
