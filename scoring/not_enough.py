"""What a reader is told where a model had too little to learn from: one sentence, the same wherever it is told.

A model keeps the reason (``Manifest.not_enough``: had, needed, and what speaks instead); what share it is told once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from otokui.domain import Label


def sentence(labels: Sequence[Label], why: str) -> str:
    """Return of what there is not enough, and why."""
    names = [label.words for label in labels]
    named = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"not enough data for {named}, because {why}"


def sentences(not_enough: Mapping[Label, str]) -> list[str]:
    """Return a sentence for each reason, with all labels that share it."""
    by_why: dict[str, list[Label]] = {}
    for label, why in not_enough.items():
        by_why.setdefault(why, []).append(label)
    return [sentence(labels, why) for why, labels in by_why.items()]
