"""Facts of customer profiles: registration, birth, and text columns as codes."""

from __future__ import annotations

from typing import Final

import narwhals as nw

from features.summaries.fact import Fact, FactPart, FactStage, Frame, Merge, Records, known
from otokui.data_contract.tables import MOST_ATTRIBUTES
from otokui.domain import Instant

CODES: Final = (
    "gender_code",
    "area_code",
    "acquisition_source_code",
    "acquisition_medium_code",
    "landing_variant_code",
    *(f"attribute_{k}_code" for k in range(1, MOST_ATTRIBUTES + 1)),
)


def _customers(records: Records, cutoff: Instant) -> Frame:
    customers = known(records, "customers", cutoff)
    newest = nw.col("known_at").max().over("customer_id")
    return customers.with_columns(newest_known_at=newest).filter(nw.col("known_at") == nw.col("newest_known_at"))


STAGE = FactStage("customers", ("customers",), _customers)


def _latest(column: str, says: str) -> Fact:
    return Fact(column, Merge.LATEST, says, (FactPart("customers", nw.col(column).max()),))


FACTS: tuple[Fact, ...] = (
    _latest("registered_at", "when the customer registered"),
    _latest("birth_year", "year of birth"),
    _latest("birth_month", "month of birth, 1 to 12"),
    *(_latest(code, f"{code.removesuffix('_code').replace('_', ' ')}, hashed to 0..31") for code in CODES),
)
