"""The section of docs/benchmarks/simulated-shop.md that this command writes, between its own markers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from benchmarks.marked import put
from benchmarks.simulated_shop.table import markdown

NAME = "simulated-shop"

_SAYS = """## The simulated shop: every policy on the same shops, the same chance

Profit is that of the world's own books, above a twin in which nobody is contacted and everything else happens alike (the same
random numbers), days of play and {settle} days of silence after it, so that a purchase only pulled forward is not counted as
gained. Worlds: {worlds}; seeds: {seeds}; {customers} customers; {days} days. *cold*: half a year of purchases, no contact ever.
*logs*: a year in which contacts went out at random. Interval: 95% over matches (Student's t; of two matches it is 12.7 times their
distance from the mean), each match paired with its own best possible.

All policies go through one send engine that refuses what consent, blacklist, quiet hours, caps, a recent purchase or an open
delivery forbid; only *everybody* is held by consent and hours alone. *ours* is a fresh `otokui init`, unedited, worked each night
through the functions behind the verbs; nothing is refused for it, and a referee with a reading of its own counts what it breaks. It
keeps its control groups (5% of all, 5% of each scenario) and explores; the others do neither, hence the column *outside our control
group*, which leaves the same customers out for all.

*best possible* knows the truth: each day, for each customer, the pair of message and channel with the highest expected incremental
profit at the customer's best hour, less what fatigue, unsubscribing and complaints cost over 180 days, if it lies above a
threshold; of several thresholds the one that is to be expected to earn most counts. It looks one contact ahead, so it is a strong
yardstick and not a proof.
*best_knowable* is the same search on values
judged from records alone, by a model that was taught the truth of a neighbouring shop: about what endless logs could teach, for no
record tells who can be persuaded and who is driven away. The gap between the two is nobody's to close.

Wanted of *ours*: 85% of the best possible from a cold start and 95% with a year of logs: **missed**, and out of reach of
*best_knowable* too. No rule is broken and fewer than a fifth as many unsubscribe as under *everybody*: met. The way a contact is valued
and the presets were shaped while looking at contacts in *default*, seeds 1, 3, 11, 12 and 13, and the hours of sending in seed 21, so read
the first two as optimistic; of the other worlds only *silence* was looked at.

Chance moves the profit of one season of such a shop by some 50,000 either way. *Expected profit* is the season without that luck:
every contact that was handed over, by what the world itself expected it to add if silence followed, in the state in which it was
made and until the books are closed. These effects sum to what the season is to be expected to earn above silence (the performance
difference lemma: Kakade and Langford 2002); a test holds their sum to what twin worlds earn.

*two_model* and *random* need nothing but logs; *churn_score* and *propensity* send the top fifth a message every week; *rfm_rule*
has four segments.

`{command}`
"""


def write_page(path: Path, frame: pl.DataFrame, policies: Sequence[str], command: str, *, settle: int = 28) -> None:
    """Put the section in its place, or at the end."""
    said = _SAYS.format(
        settle=settle,
        worlds=", ".join(frame["world"].unique(maintain_order=True)),
        seeds=", ".join(map(str, sorted(frame["seed"].unique()))),
        customers=", ".join(f"{c:,}" for c in sorted(frame["customers"].unique())),
        days=", ".join(map(str, sorted(frame["days"].unique()))),
        command=command,
    )
    put(path, NAME, f"{said}\n{markdown(frame, policies)}\n![running totals](../simulated-shop-policies.svg)")
