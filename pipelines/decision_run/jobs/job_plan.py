"""Plan of a decision job: models, policy and summaries of the service at its start.

A job decides what single calls would decide at the same instant: the same models, the same policy, the same summaries, so the same decision
ids and the same places. The plan pins them, because a job that is killed and goes on after a promotion must not decide its other half
otherwise, nor reserve anything twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.decision_archive.jobs.job_folder import JobFolder
from adapters.decision_archive.jobs.pinned_inputs import pin, pinned_lists, pinned_store
from adapters.online_store.snapshot_reader import SnapshotStore
from adapters.online_store.snapshot_writer import write_snapshot
from decisions.allocation import shadow_prices
from decisions.allocation.shadow_prices import SharePrices
from decisions.compiler import evidence
from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.compiler.policy_record import narrowed_record, record
from decisions.customer_batch import CustomerBatch
from decisions.engine.engine import DecisionEngine, FetchLists
from decisions.engine.replay_inputs import Past
from decisions.policy.policy import Policy
from features import fingerprint, summary_names
from otokui.domain import Instant
from otokui.errors import Conflict, Missing, Unavailable
from otokui.frames import Batch
from otokui.identity.ids import is_canonical
from otokui.ports.decision_jobs import JobRequest
from pipelines.decision_run.limits.shadow_prices import hand_over, run_prices
from pipelines.decision_run.nightly_run import Run
from pipelines.ingestion.readable_states import contact_state
from pipelines.shop.shop import Shop
from pipelines.summaries.summarise import published
from scoring import ModelSet, load_all
from scoring.pair_models.product_ranking import SHOWN

_LOOKED_UP: Final = 10_000


@dataclass(frozen=True, slots=True)
class JobPlan:
    """Plan of a decision job: engine, and customers in reproducible parts."""

    run: Run
    engine: DecisionEngine
    store: SnapshotStore
    customer_ids: tuple[str, ...]
    part_customers: int

    def chunks(self) -> Iterator[Batch]:
        """Yield the summaries of the customers, part by part; those without a record have NaN."""
        yield from _parts(self.store, self.customer_ids, self.part_customers)


def plan_job(shop: Shop, folder: JobFolder, request: JobRequest) -> JobPlan:
    """Return the plan of a decision job, pinned now or earlier.

    Raises:
        Missing: no model or summary is live. Unavailable: a store does not answer, or something is being published.
        SkewError: this build makes another policy of the pinned one.
    """
    written = folder.plan()
    if written is None:
        written = _pinned(shop, folder, request)
        folder.write_plan(written)
    past = Past(shop.policies.read, shop.models.read)
    _require_same_names(shop, past.policy(written["policy"]))
    store, lists = pinned_store(folder.inputs, summary_names()), pinned_lists(folder.inputs, SHOWN)
    engine = DecisionEngine(past.models(dict(written["models"])), past.policy(written["policy"]), None if lists is None else lists.fetch)
    customer_ids = _customers(store, request, written["merged"])
    return JobPlan(_run(folder, request, engine, store, customer_ids), engine, store, customer_ids, written["part_customers"])


def _require_same_names(shop: Shop, policy: Policy) -> None:
    """Refuse to go on where the ledger counts by other channels and messages than the pinned policy."""
    settings = shop.settings
    same = [c.name for c in settings.channels] == list(policy.channels.names)
    if not same or [m.message_id for m in settings.messages] != list(policy.messages.ids):
        raise Conflict("the channels or messages of the settings have changed since the job began", fix="post the job again")


def _pinned(shop: Shop, folder: JobFolder, request: JobRequest) -> dict[str, Any]:
    """Pin the inputs of the service and return the plan."""
    digests = shop.models.digests()
    if not digests:
        raise Missing("no model is live", fix="run `otokui train --shop SHOP`, then post the job again")
    if shop.settings.stores.online == "snapshot":
        pin(shop.online, folder.inputs)
    else:
        _write_pinned(shop, folder)
    store, lists = pinned_store(folder.inputs, summary_names()), pinned_lists(folder.inputs, SHOWN)
    learnt = _evidence(shop)
    if learnt.cutoff != store.summarised_at:
        raise Unavailable(
            "summaries and evidence are of different nights", fix="wait for `otokui materialise` to end; the job is tried again"
        )
    models = load_all({label: shop.models.read(label, digest) for label, digest in digests.items()}, threads=shop.settings.training.threads)
    policy = _policy(shop, folder, request, _Inputs(learnt, store, models, None if lists is None else lists.fetch))
    # A list of pairs: the order of the labels stands in each decision.
    pinned = [[str(label), digest] for label, digest in digests.items()]
    merged = _merged(shop, _customers(store, request, {}), request.as_of)
    return {"policy": policy.digest, "models": pinned, "merged": merged, "part_customers": shop.settings.jobs.part_customers}


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a policy with its prices is made from."""

    evidence: Evidence
    store: SnapshotStore
    models: ModelSet
    lists: FetchLists | None


def _policy(shop: Shop, folder: JobFolder, request: JobRequest, inputs: _Inputs) -> Policy:
    """Return the policy of the job, with its shadow prices, and keep its record.

    The whole base finds prices of its own, as the nightly run does; a list takes those that calls are charged.
    """
    base = compile_policy(shop.settings, inputs.evidence)
    prices = None
    if base.capacity.any and request.customer_ids is not None:
        prices = _prices_of_calls(shop)
    elif base.capacity.any:
        prices = _prices_of_base(shop, folder, request, DecisionEngine(inputs.models, _narrowed(base, request), inputs.lists), inputs.store)
        if prices is not None and not request.dry_run and request.scenarios is None and request.channels is None:
            hand_over(prices, shop.online)
    if prices is not None:
        base = compile_policy(shop.settings, inputs.evidence, prices)
    shop.policies.keep(base.digest, record(shop.settings, inputs.evidence, prices))
    policy = _narrowed(base, request)
    if policy is not base:
        shop.policies.keep(policy.digest, narrowed_record(base.digest, request.scenarios, request.channels))
    return policy


def _narrowed(policy: Policy, request: JobRequest) -> Policy:
    return policy.offering(scenarios=request.scenarios).offering(channels=request.channels)


def _prices_of_base(shop: Shop, folder: JobFolder, request: JobRequest, engine: DecisionEngine, store: SnapshotStore) -> SharePrices | None:
    def prepared() -> Iterator[CustomerBatch]:
        for chunk in _parts(store, store.customer_ids(len(store)), shop.settings.jobs.part_customers):
            contacts = contact_state(shop.ledger.contact_state, list(chunk.customer_ids), request.as_of, chunk.column("last_purchase_at"))
            yield engine.prepare(chunk, contacts, request.as_of, store.summarised_at)

    return run_prices(folder.prices, engine, prepared, request.as_of, used=shop.ledger.used, spill=shop.folder / "spill")


def _prices_of_calls(shop: Shop) -> SharePrices | None:
    try:
        return SharePrices.from_json((shop.online / shadow_prices.FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _evidence(shop: Shop) -> Evidence:
    try:
        return Evidence.from_json((shop.online / evidence.FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Missing(
            "no summaries are published for the service", fix="run `otokui materialise --shop SHOP`, then post the job again"
        ) from None


def _write_pinned(shop: Shop, folder: JobFolder) -> None:
    """Pin the summaries of a shop whose service reads Feast: those published at the same cut-off."""
    cutoff = _evidence(shop).cutoff
    made = [each for each in published(shop.folder / "summaries") if each.cutoff == cutoff]
    if not made:
        raise Missing("the summaries of the service are no longer in SHOP/summaries", fix="run `otokui materialise --shop SHOP` again")
    write_snapshot(shop.chunks(made[-1]), folder.inputs, summary_names(), cutoff)


def _parts(store: SnapshotStore, customer_ids: Sequence[str], size: int) -> Iterator[Batch]:
    for begin in range(0, len(customer_ids), size):
        yield store.fetch(customer_ids[begin : begin + size])


def _customers(store: SnapshotStore, request: JobRequest, merged: Mapping[str, str]) -> tuple[str, ...]:
    """Return the customers of the job in their order, each once; merged ids as the customer who survives."""
    asked = store.customer_ids(len(store)) if request.customer_ids is None else request.customer_ids
    return tuple(dict.fromkeys(merged.get(customer_id, customer_id) for customer_id in asked))


def _merged(shop: Shop, customer_ids: Sequence[str], as_of: Instant) -> dict[str, str]:
    """Return the surviving customer of each id that was merged."""
    found: dict[str, str] = {}
    for begin in range(0, len(customer_ids), _LOOKED_UP):
        asked = [customer_id for customer_id in customer_ids[begin : begin + _LOOKED_UP] if is_canonical(customer_id)]
        surviving = shop.ledger.identities.surviving(asked, as_of)
        found |= {before: after for before, after in zip(asked, surviving, strict=True) if before != after}
    return found


def _run(folder: JobFolder, request: JobRequest, engine: DecisionEngine, store: SnapshotStore, customer_ids: tuple[str, ...]) -> Run:
    """Return what names the run: the job itself, and all that its decisions depend on."""
    policy = engine.policy
    versions = {
        "policy": policy.digest,
        "features": fingerprint(),
        "models": {str(label): model.digest for label, model in engine.models.models.items()},
        "channels": list(policy.channels.names),
        "messages": list(policy.messages.ids),
    }
    named = json.dumps([folder.job_id, int(request.as_of), store.summarised_at, versions, list(customer_ids)], sort_keys=True)
    digest = hashlib.sha256(named.encode()).hexdigest()
    return Run(digest, request.as_of, store.summarised_at, versions, request.dry_run)
