"""Operations of the decision verbs on an opened shop.

Kept out of the command line, so that the demo, the notebooks and a scheduler run the very same steps. Verbs of
models stand in `pipelines.model_training.model_operations`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.decision_archive.decision_index import RunRegistry, write_index
from adapters.inbox.served_mark import ServedMark, read_mark, write_mark
from adapters.online_store.product_lists import write_lists
from adapters.online_store.snapshot_writer import write_snapshot
from adapters.records.store.commit_log import RecordLog
from decisions.customer_batch import CustomerBatch
from decisions.engine.engine import DecisionEngine
from decisions.explanation.decision_json import rows
from features import fingerprint, summary_names
from otokui.clock import now
from otokui.domain import DAY, Instant
from otokui.errors import Missing
from otokui.frames import Batch
from otokui.identity.ids import canonical
from pipelines.decision_run import nightly_run as deciding
from pipelines.decision_run.explain import Explanation, explain, in_languages
from pipelines.decision_run.explain_wording import BOTH, Spoken
from pipelines.decision_run.limits.lapsed_reservations import forget_lapsed
from pipelines.decision_run.limits.shadow_prices import hand_over, run_prices, stored_prices_path, with_stored_prices
from pipelines.decision_run.predict import Predicted, predict_base, predictions_table
from pipelines.decision_run.recycle_list import write_recycle
from pipelines.ingestion.readable_states import contact_state
from pipelines.shop.shop import Shop
from pipelines.summaries.materialise import Materialised, materialise
from pipelines.summaries.product_lists import listed
from scoring import ModelSet, factors


def run_predict(shop: Shop, *, as_of: Instant, out: Path) -> Predicted:
    """Write one row of predictions for every customer known before ``as_of``."""
    return predict_base(
        shop.chunks(shop.summaries(as_of)),
        live_models(shop, as_of),
        out,
        as_of=as_of,
        horizons_days=shop.settings.predictions.horizons_days,
        definitions=shop.settings.definitions,
        timezone=shop.settings.shop.timezone,
    )


def run_decide(
    shop: Shop, *, as_of: Instant, out: Path, dry_run: bool = False, progress: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """Decide for the whole base; return the manifest of the files in ``out``.

    The ledger is brought up to date before.

    Raises:
        Unavailable: it cannot be, or something else is not there; nobody is decided about.
    """
    shop.sync()
    summaries = shop.summaries(as_of)
    models = live_models(shop, as_of)
    evidence = shop.evidence(as_of, summaries)
    lists = shop.lists(summaries.cutoff)
    free = DecisionEngine(models, shop.policy(evidence), None if lists is None else lists.fetch)

    def prepared() -> Iterator[CustomerBatch]:
        for chunk in shop.chunks(summaries):
            if len(chunk):
                contacts = contact_state(shop.ledger.contact_state, list(chunk.customer_ids), as_of, chunk.column("last_purchase_at"))
                yield free.prepare(chunk, contacts, as_of, summaries.cutoff)

    prices_path = stored_prices_path(shop.folder / "prices", as_of, summaries.cutoff, free.policy.digest, models.digest)
    prices = run_prices(prices_path, free, prepared, as_of, used=shop.ledger.used, spill=shop.folder / "spill")
    engine = free if prices is None else free.priced(prices)
    policy = engine.policy
    shop.keep_policy(policy, evidence, prices)
    versions: Mapping[str, Any] = {
        "policy": policy.digest,
        "features": fingerprint(),
        "models": {str(label): model.digest for label, model in models.models.items()},
        "channels": list(policy.channels.names),
        "messages": list(policy.messages.ids),
        "records": summaries.sequence,
        "prices": None if prices is None else {"money": prices.money, "places": dict(prices.places)},
    }
    named = json.dumps([int(as_of), summaries.cutoff, versions], sort_keys=True)
    run = deciding.Run(hashlib.sha256(named.encode()).hexdigest(), as_of, summaries.cutoff, versions, dry_run)
    made = deciding.decide(shop.chunks(summaries), run, engine=engine, ledger=shop.ledger, out=out, progress=progress)
    write_recycle(out, made, policy)
    if prices is not None and not dry_run:
        hand_over(prices, shop.online)
    if not dry_run:
        write_index(out, made)
        RunRegistry(shop.folder).add(out, made["run_digest"])
        forget_lapsed(shop.ledger, as_of, now(), kept_seconds=shop.ledger.caps.kept_seconds)
        shop.ledger.forget_replies(now())
    return made


ITEMS_KEPT_DAYS = 3
"""Days for which an item stays at least, so that one that comes late is set against those that came before."""

KEYS_KEPT_DAYS = 90
"""Days for which the key of an item is kept, so that its repetition is known as one."""


def run_materialise(shop: Shop, *, as_of: Instant) -> Materialised:
    """Publish summaries, and what contacts have taught, where the service reads them."""
    shop.sync()
    made = shop.summaries(as_of)
    settings = shop.settings
    if settings.stores.online == "feast":
        from adapters.online_store.feast_writer import write_feast  # its import takes 7 to 11 s

        def shelf(parts: Any, summarised_at: Instant) -> tuple[str, int]:
            return write_feast(
                parts,
                shop.online / "feast",
                summary_names(),
                summarised_at,
                project=settings.shop.name,
                online=settings.stores.feast_online,
            )
    else:

        def shelf(parts: Any, summarised_at: Instant) -> tuple[str, int]:
            return write_snapshot(parts, shop.online, summary_names(), summarised_at)

    lists = shop.lists(made.cutoff)
    if lists is not None:
        write_lists(listed(lists), shop.online / "products")
    before = read_mark(shop.online)
    done = materialise(made, shop.chunks(made), shelf, shop.evidence(made.cutoff, made), shop.online)
    log = RecordLog(shop.folder / "records")
    mark = ServedMark(done.version, made.cutoff, log.inbox_mark(made.sequence).through)
    write_mark(shop.online, mark)
    if before is not None:
        # Only what the summaries before these included too: a service may still serve those for a moment.
        through, cutoff = min(before.through, mark.through), Instant(min(before.cutoff, mark.cutoff - ITEMS_KEPT_DAYS * DAY))
        shop.inbox.purge(through, cutoff, Instant(made.cutoff - KEYS_KEPT_DAYS * DAY), log.inbox_mark().waiting)
    return done


def run_explain(shop: Shop, customer_id: str, *, as_of: Instant, languages: Sequence[str] = BOTH) -> Explanation:
    """Return the explanation of one customer's decision, in one language or two.

    Nothing is reserved.

    Raises:
        Missing: the customer was not known before ``as_of``.
        BadInput: no customer can have this id.
    """
    customer_id = canonical(customer_id)
    shop.sync()
    summaries = shop.summaries(as_of)
    row = _row_of(shop, customer_id, as_of)
    models = live_models(shop, as_of)
    free = DecisionEngine(models, shop.policy(shop.evidence(as_of, summaries)))
    engine = with_stored_prices(
        stored_prices_path(shop.folder / "prices", as_of, summaries.cutoff, free.policy.digest, models.digest), free
    )
    contacts = shop.ledger.contact_state([customer_id], as_of, row.column("last_purchase_at"))
    batch = engine.prepare(row, contacts, as_of, summaries.cutoff)

    def moved(_: str) -> dict[str, list[tuple[str, float, float]]]:
        contributions = {str(label): factors(batch.vectors, model) for label, model in models.models.items()}
        return {
            label: list(zip(each.names[0].tolist(), each.values[0].tolist(), each.contributions[0].tolist(), strict=True))
            for label, each in contributions.items()
        }

    settings = shop.settings
    spoken, made = Spoken.of(settings, languages), engine.decide(batch)

    def reasons(language: str) -> list[str]:
        return made.policy.reasons.in_language(made.reason_codes[0].tolist(), made.reason_numbers[0].tolist(), language)

    return explain(
        customer_id,
        settings,
        decide=lambda _: (in_languages(rows(made)[0], reasons, languages), predictions_table(batch.predictions).to_pylist()[0]),
        compare=lambda _: [spoken.candidate(c) for c in engine.compare(batch)],
        factors=moved,
        not_enough={**models.baselines, **models.unavailable},
        languages=languages,
    )


def _row_of(shop: Shop, customer_id: str, as_of: Instant) -> Batch:
    for chunk in shop.chunks(shop.summaries(as_of)):
        rows = (chunk.customer_ids == customer_id).nonzero()[0]
        if len(rows):
            return chunk.rows(rows)
    raise Missing(
        f"customer {customer_id!r} was not known before that", fix="check the id (`otokui doctor` shows the tables), or a later --as-of"
    )


def live_models(shop: Shop, as_of: Instant) -> ModelSet:
    """Return the live models that used only what was known by ``as_of``.

    Raises:
        Missing: there are none.
    """
    models = shop.model_set(as_of)
    if not models.models:
        ever = shop.models.digests()
        raise Missing(
            "no model is live that used only what was known by then" if ever else "no model is live",
            fix="run `otokui train --shop SHOP --cutoff DATE` with a date not after --as-of" if ever else "run `otokui train --shop SHOP`",
        )
    return models
