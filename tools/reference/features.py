"""docs/reference/features.md: what is kept of a customer, and what is derived from it."""

from __future__ import annotations

from features import CATALOGUE, SUMMARY
from tools.reference.page import code, page, sentence, table


def render() -> str:
    """Return the page."""
    return page(
        "Features",
        "`features/`",
        f"{len(SUMMARY)} summary columns are stored, {len(CATALOGUE)} features are derived from them as of an instant and go into the "
        "models. All are 64-bit floats; null is NaN in memory. Why two: [the road](../explanation/the-road.md). To add one: "
        "[how-to](../how-to/add-a-feature.md).",
        "## Features",
        table(
            ("feature", "unit", "what", "null means", "from"),
            ((code(f.name), f.unit, sentence(f.says).split(" From: ")[0], f.null, f.source) for f in CATALOGUE),
        ),
        "## Summary columns",
        "Facts that stay true. Instants are UTC epoch seconds. *merge* says how the summary of a whole history follows from those of its "
        "two halves. A decayed sum (`_decay_30`: half of it after 30 days) is kept as of a fixed instant, so that two of them add up; what "
        "it is worth now is derived.",
        table(("column", "merge", "what"), ((code(fact.name), str(fact.merge), fact.says) for fact in SUMMARY)),
    )
