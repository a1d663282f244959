"""Erasure of customers everywhere: ledger, files, online stores; then a proof that names nobody.

What is erased: tables of the ledger in ``adapters.ledger.erasure.customer_rows``, files of the shop in
``adapters.shop_files.erasure.erase_files``. The ledger comes first: from then on nobody contacts the customer. What a process leaves
unfinished stands in the ledger as pending, and the next call, for anybody, finishes it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.files.atomic_files import replace_text
from adapters.files.private_files import private, private_folder
from adapters.shop_files.erasure.erase_files import WAIT_SECONDS, ErasedFiles, erase_files
from otokui import __version__
from otokui.clock import now
from otokui.domain import Instant, show_instant
from otokui.errors import Unavailable
from otokui.identity.ids import canonical
from otokui.observe import log
from pipelines.shop.shop import Shop

PROOFS: Final = "erasures"
"""Folder of the proofs in a shop's folder."""


@dataclass(frozen=True, slots=True)
class ErasureProof:
    """Proof of one erasure, as it stands in ``SHOP/erasures/<hash>.json``."""

    path: Path
    content: Mapping[str, Any]

    def to_text(self) -> str:
        """Return it for a terminal."""
        told = self.content
        lines = [f"erased {told['customer']} ({told['finished_at']}); proof: {self.path}"]
        lines += [f"  {store}: {rows:,}" for store, rows in told["erased"].items()]
        lines.append(f"  searched {told['searched']['files']:,} files, {told['searched']['bytes']:,} bytes: the id stands in none")
        return "\n".join(lines)


def erase(shop: Shop, customer_ids: Sequence[str], *, wait_seconds: float = WAIT_SECONDS) -> list[ErasureProof]:
    """Erase customers, and those whose erasure is pending; return their proofs.

    Raises:
        BadInput: an id is none.
        Conflict: another command is working on the shop's files; the customers are not contacted any more, and the rest is pending.
        Unavailable: a store cannot be used, or an id still stands in a file; the same call goes on from there.
    """
    erasures = shop.ledger.erasures
    for customer_id in [canonical(each) for each in customer_ids]:
        erasures.request(customer_id, now())
    pending = erasures.pending()
    if not pending:
        return []
    log.info("erasure_began", customers=len(pending))
    files = erase_files(
        shop.folder,
        frozenset(pending),
        ledger=erasures.files(),
        bury_orders=lambda orders: erasures.bury_orders(sorted(orders), now()),
        wait_seconds=wait_seconds,
    )
    if files.search.found:
        raise Unavailable(
            f"the id of an erased customer still stands in {', '.join(files.search.found[:5])}",
            fix="remove these files or the names in them, then run `otokui erase --pending`",
        )
    late = erasures.delete_late_rows(pending)
    proofs = [_proved(shop, customer_id, late, files, len(pending)) for customer_id in pending]
    erasures.scrub()
    log.info("erasure_finished", customers=len(pending))
    return proofs


def erase_restored(shop: Shop) -> list[str]:
    """Return erased customers whom a restored ledger brought back.

    They are found by the hashes in the proofs.
    """
    marks = [path.stem for path in (shop.folder / PROOFS).glob("*.json")]
    return shop.ledger.erasures.restored(marks) if marks else []


def _proved(shop: Shop, customer_id: str, late: Mapping[str, int], files: ErasedFiles, together: int) -> ErasureProof:
    erasures, finished_at = shop.ledger.erasures, now()
    erasure = erasures.find(customer_id)
    timezone = shop.settings.shop.timezone
    rows = Counter((erasure.proof or {}).get("ledger", {})) + Counter(late)
    content = {
        "customer": erasure.mark,
        "requested_at": show_instant(erasure.requested_at, timezone),
        "finished_at": show_instant(finished_at, timezone),
        "erased_together": together,
        "erased": {f"ledger: {table}": count for table, count in sorted(rows.items())} | dict(files.counts),
        "searched": {"files": files.search.files, "bytes": files.search.bytes},
        "version": __version__,
    }
    folder = private_folder(shop.folder / PROOFS)
    path = folder / f"{erasure.mark}.json"
    replace_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    private(path)
    erasures.finish(customer_id, Instant(finished_at), content)
    return ErasureProof(path, content)
