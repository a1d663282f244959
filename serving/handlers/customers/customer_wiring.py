"""Wiring of disclosure and erasure: the ledger and the files of a shop behind ``serving.live.customer_desk``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from adapters.ledger import SqlLedger
from adapters.ledger.erasure.erasures import Erasure
from adapters.shop_files.customer_files import decisions_of, ledger_rows_told, quarantined_of, records_of
from otokui.errors import Missing
from serving.live.customer_desk import CustomerDesk
from serving.live.job_desk import begin_verb


def customer_desk(shop: Path, ledger: SqlLedger, timezone: str) -> CustomerDesk:
    """Return disclosure and erasure of a shop's customers."""

    def disclose(customer_id: str) -> dict[str, Any]:
        ids = frozenset([customer_id])
        return {
            "records": records_of(shop, ids, timezone),
            "quarantine": quarantined_of(shop, ids),
            "ledger": ledger_rows_told(ledger.erasures.disclose(customer_id), timezone),
            "decisions": decisions_of(shop, ids, timezone),
        }

    def erased(customer_id: str) -> Erasure | None:
        try:
            return ledger.erasures.find(customer_id)
        except Missing:
            return None

    return CustomerDesk(
        disclose,
        lambda customer_id, at: ledger.erasures.request(customer_id, at)[0],
        erased,
        lambda: bool(ledger.erasures.pending()),
        partial(begin_verb, "erase", "--pending", "--shop", str(shop.resolve())),
    )
