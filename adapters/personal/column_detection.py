"""Detection of personal data in a whole column, fast.

A cheap pattern runs first in Polars; each distinct match is then checked once.
Digits alone (a card number, a mobile number in a column of ids) count only where at least half of the distinct values of the same
shape match: one in ten random numbers passes a check digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import polars as pl

from adapters.personal.kinds import EvidenceLevel, Kind
from adapters.personal.names import is_person_alone
from adapters.personal.plain import DASHES, INVISIBLE, plain
from adapters.personal.value_detection import kind_of, maybe
from adapters.personal.word_lists import surnames

SAMPLE = 2_000
MOST = 0.5
"""From this share on the column as a whole counts as personal data."""

_LEAST_SINGLE = 3
_SURE = (
    r"@|\+\d|\(\d|(?:^|\D)(?:00)?81[- ]|(?:^|\D)0\d{0,4}[-(). ]{1,2}\d{1,4}[-(). ]{1,2}\d{3}"
    r"|^\s*[A-Za-z][A-Za-z'\-]+,? (?:[A-Z]\.? )?[A-Za-z'\-]+\s*$"
    r"|\d[A-Za-z]?\s.*(?i:\b(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|lane|ln|court|terrace|crescent|parkway|pkwy|highway|hwy|close|mews)\b)"
    r"|\d-\d.*\s[A-Z]"
)
_SURE_FREE = _SURE + r"|(?:^|\D)(?:0|81)[5789]?\d{8,9}(?:$|\D)|\d{3}[-. ]\d{3}[-. ]\d{4}|\b(?:Mr|Mrs|Ms)\b"
_DOUBTFUL = (
    r"^\s*(?:(?:0|81)[5789]0\d{8}|\d{3}[-. ]\d{3}[-. ]\d{4}|\d{4}[- ]?\d{4}[- ]?\d{4}(?:[- ]?\d{4})?|3[47]\d\d[- ]?\d{6}[- ]?\d{5})\s*$"
)


def personal_values(values: pl.Series, evidence: EvidenceLevel, *, alone: bool = False) -> dict[str, Kind]:
    """Return the distinct values of a text column that are personal data, with their kinds.

    alone: each value is judged by itself; digits that only a column full of the like would betray are then no evidence.
    """
    pattern = _SURE_FREE if evidence.free else _SURE
    suspects = values.filter(values.str.contains(pattern)).unique().to_list() + _not_ascii(values, pattern)
    kinds = {v: kind for v in suspects if (kind := kind_of(plain(v), evidence))}
    return kinds if alone else kinds | _by_peers(values, evidence, kinds)


def _not_ascii(values: pl.Series, pattern: str) -> list[str]:
    """Return the distinct non-ASCII values that may be personal data after normalisation."""
    distinct = values.filter(values.str.contains(r"[^\x00-\x7F]")).unique()
    normal = distinct.str.replace_all(f"[{INVISIBLE}]", "").str.normalize("NFKC").str.replace_all(r"\s+", " ")
    return distinct.filter(normal.str.contains(pattern) | normal.str.contains(_japanese())).to_list()


@cache
def _japanese() -> str:
    """Return the regular expression of Japanese texts that may be personal data.

    A surname and little else, an honorific, a block of houses, digits with dashes.
    """
    families = "|".join(sorted(surnames().kanji | surnames().kana))
    return rf"^ ?(?:{families}).{{1,8}}$|様|さま|さん|氏|殿|〒|丁目|番地|番.{{0,4}}号|\d ?[{DASHES}-] ?\(?\d|[\d)] ?\d{{3}}"


def bare_mobiles(values: pl.Series) -> dict[str, Kind]:
    """Return mobile numbers without separators in a column that would read as amounts."""
    return dict.fromkeys(values.filter(values.str.contains(r"^\s*0[5789]0\d{8}\s*$")).unique().to_list(), Kind.PHONE)


def single_names(values: pl.Series) -> dict[str, Kind]:
    """Return single surnames and given names, where half of the distinct values are such."""
    distinct = values.filter(values.str.strip_chars() != "").unique()
    sample = distinct.sort().gather_every(max(1, len(distinct) // SAMPLE)).to_list()
    alone = {v: Kind.NAME for v in sample if is_person_alone(plain(v))}
    if len(alone) < max(_LEAST_SINGLE, MOST * len(sample)):
        return {}
    return {v: Kind.NAME for v in distinct.to_list() if is_person_alone(plain(v))}


def _by_peers(values: pl.Series, evidence: EvidenceLevel, known: Mapping[str, Kind]) -> dict[str, Kind]:
    suspects = values.filter(values.str.contains(_DOUBTFUL)).unique().sort()
    if not len(suspects):
        return {}
    distinct = values.filter(values.is_not_null()).unique()
    peers = dict(distinct.str.replace_all(r"\d", "9").value_counts().iter_rows())
    kinds: dict[str, Kind] = {}
    for (shape,), members in pl.DataFrame({"value": suspects, "shape": suspects.str.replace_all(r"\d", "9")}).group_by("shape"):
        of_shape, least = members["value"], MOST * peers[shape]
        sample = of_shape.gather_every(max(1, len(of_shape) // SAMPLE)).to_list()
        share = sum(maybe(plain(v), evidence) is not None for v in sample) / len(sample)
        # A sample of two thousand settles a column of a million ids of sixteen digits.
        if len(of_shape) > SAMPLE and share * len(of_shape) < least:
            continue
        looks = {v: kind for v in of_shape.to_list() if (kind := maybe(plain(v), evidence))}
        if len(looks) >= least:
            kinds |= {v: kind for v, kind in looks.items() if v not in known}
    return kinds
