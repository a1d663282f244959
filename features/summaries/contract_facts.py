"""Facts of contracts: start, end, term, plan and amount.

A contract ends with its term, or when it is cancelled. In a shop with contracts churn is a date, not a silence: the dates of the next
renewal must be known as facts.
"""

from __future__ import annotations

from typing import Final

import narwhals as nw

from features.summaries.fact import Fact, FactPart, FactStage, Frame, Merge, Records, count, highest, known, until
from otokui.domain import Instant

OPEN_END: Final = 4_102_444_800
"""2100-01-01T00:00:00Z, the end of a contract that names none."""


def _contracts(records: Records, cutoff: Instant) -> Frame:
    contracts = known(records, "contracts", cutoff).with_columns(cancelled_at=until("cancelled_at", cutoff))
    term = nw.coalesce(nw.col("term_ends_at"), nw.lit(OPEN_END))
    newest = nw.col("started_at").max().over("customer_id")
    ended = ~nw.col("cancelled_at").is_null()
    ends_at = nw.when(ended & (nw.col("cancelled_at") < term)).then(nw.col("cancelled_at")).otherwise(term)
    return contracts.with_columns(ends_at=ends_at, newest_started_at=newest)


STAGE = FactStage("contracts", ("contracts",), _contracts)

FACTS: tuple[Fact, ...] = (
    count("contracts", "contract_count", ~nw.col("started_at").is_null(), "contracts that were made"),
    count("contracts", "contract_cancelled_count", ~nw.col("cancelled_at").is_null(), "contracts that were cancelled"),
    highest("contracts", "contract_started_at", nw.col("started_at"), "when the newest contract began"),
    highest(
        "contracts", "contract_ends_at", nw.col("ends_at"), "when the last contract ends, by term or cancellation; 2100 = no end named"
    ),
    highest("contracts", "contract_term_seconds", nw.col("term_ends_at") - nw.col("started_at"), "the longest term, begin to end, seconds"),
    Fact(
        "contract_plan_code",
        Merge.LATEST,
        "plan of the newest contract, hashed to 0..31",
        (FactPart("contracts", nw.when(nw.col("started_at") == nw.col("newest_started_at")).then(nw.col("plan_code")).max()),),
    ),
    highest("contracts", "contract_monthly_amount", nw.col("monthly_amount"), "money a month of the dearest contract"),
)
