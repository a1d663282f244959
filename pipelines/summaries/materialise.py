"""Publication of last night's summaries to the store that the service reads.

They are counted again before they count as published.

Knows neither snapshot nor Feast: a wiring hands over the shelf, so that both are filled by the same steps.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from decisions.compiler.evidence import FILE_NAME, Evidence
from otokui.domain import Instant
from otokui.errors import Conflict, Unavailable
from otokui.frames import Batch
from otokui.observe import log
from pipelines.summaries.summarise import SummaryFile


class SummaryStoreWriter(Protocol):
    """Where summaries are put so that one customer's can be fetched by key."""

    def __call__(self, parts: Iterator[Batch], summarised_at: Instant) -> tuple[str, int]:
        """Publish the parts, whole or not at all; return the version and how many customers it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Materialised:
    """What the service will read from now on."""

    version: str
    summarised_at: Instant
    customers: int


def materialise(
    summaries: SummaryFile, parts: Iterator[Batch], shelf: SummaryStoreWriter, evidence: Evidence, online: Path
) -> Materialised:
    """Publish summaries, and the evidence of their cut-off in the folder ``online``.

    The evidence goes first: a service that meets the new summaries finds the evidence that belongs to them, and until
    then it keeps to what it has.

    Raises:
        Conflict: evidence and summaries are of different cut-offs.
        Unavailable: the store holds another number of customers than the summaries.
    """
    if evidence.cutoff != summaries.cutoff:
        raise Conflict("evidence and summaries are of different cut-offs", fix="count the evidence at the cut-off of the summaries")
    online.mkdir(parents=True, exist_ok=True)
    aside = online / f".{FILE_NAME}.{os.getpid()}.part"
    aside.write_text(evidence.to_json(), encoding="utf-8")
    aside.replace(online / FILE_NAME)
    version, customers = shelf(parts, summaries.cutoff)
    if customers != summaries.rows:
        raise Unavailable(
            f"the summaries hold {summaries.rows} customers and the online store {customers}",
            fix="run `otokui summarise` and `otokui materialise` again",
        )
    log.info("summaries_materialised", version=version, customers=customers)
    return Materialised(version, summaries.cutoff, customers)
