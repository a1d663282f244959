"""Decisions of a test send: one message, forced for test customers, committed nowhere.

The plan comes from the same engine as decisions in earnest (``DecisionEngine.force``), and beside it stands what the engine would decide
in earnest, with every constraint that would hold the message back. Nothing is reserved, logged or handed to anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from adapters.personal.kinds import STRICT
from adapters.personal.masking import masked
from adapters.shop_files.pause_file import ContactPause
from decisions.customer_batch import CustomerBatch
from decisions.engine.engine import DecisionEngine
from decisions.explanation.decision_json import reasons, rows, suppressions
from decisions.policy.policy import Policy
from features import summary_names
from otokui.domain import Instant
from otokui.errors import BadInput
from otokui.frames import Batch, texts
from otokui.identity.ids import canonical
from otokui.settings.settings import Settings
from pipelines.decision_run.decision_operations import live_models
from pipelines.decision_run.explain_wording import Spoken, key
from pipelines.decision_run.limits.shadow_prices import stored_prices_path, with_stored_prices
from pipelines.decision_run.test_sends.sheet import ForcedSend, SendSheet, ShownProduct
from pipelines.shop.shop import Shop

ADD = 'set test_customers = ["ID", …] under [service] in otokui.toml, with ids of people who know of the test'


def run_test_send(
    shop: Shop, message: str, *, as_of: Instant, channel: str | None = None, customers: Sequence[str] = (), language: str = "en"
) -> SendSheet:
    """Return the test-send sheet of a message, or of a scenario's messages.

    Args:
        shop: an opened shop; its ledger is brought up to date with the records, and nothing else is written.
        message: the name of a message or of a scenario.
        as_of: instant of the decisions.
        channel: only over this one; None = over every channel of the message.
        customers: only these of the test customers; empty = all.
        language: of the sentences.

    Raises:
        BadInput: no test customers, one who is not among them, or a message or channel that is not in use.
        Missing: no model is live.
    """
    settings = shop.settings
    ids = chosen_customers(settings, customers)
    shop.sync()
    summaries, models = shop.summaries(as_of), live_models(shop, as_of)
    lists = shop.lists(summaries.cutoff)
    free = DecisionEngine(models, shop.policy(shop.evidence(as_of, summaries)), None if lists is None else lists.fetch)
    engine = with_stored_prices(
        stored_prices_path(shop.folder / "prices", as_of, summaries.cutoff, free.policy.digest, models.digest), free
    )
    pairs = forced_candidates(engine.policy, message, channel)
    batch_rows = _summaries_of(shop, ids, as_of)
    contacts = shop.ledger.contact_state(ids, as_of, batch_rows.column("last_purchase_at"))
    batch = engine.prepare(batch_rows, contacts, as_of, summaries.cutoff)
    sends = forced_sends(engine, batch, pairs, Spoken.of(settings, (language,)))
    return SendSheet(
        settings=settings,
        language=language,
        as_of=as_of,
        policy=engine.policy.digest,
        sends=tuple(sends),
        products=_described(shop, as_of, {product for send in sends for product in send.products}),
        ranked=lists is not None,
        paused=ContactPause(shop.folder).text(),
    )


def chosen_customers(settings: Settings, customers: Sequence[str]) -> list[str]:
    """Return the test customers of a test send, each once.

    Raises:
        BadInput: there are none, or somebody asked for is not among them.
    """
    listed = list(dict.fromkeys(canonical(each, "a test customer") for each in settings.service.test_customers))
    if not listed:
        raise BadInput("[service] test_customers names nobody", fix=ADD)
    wanted = list(dict.fromkeys(canonical(each) for each in customers))
    strangers = [masked(each, STRICT) for each in wanted if each not in listed]
    if strangers:
        raise BadInput(f"{strangers} are not among [service] test_customers, and a test send is for nobody else", fix=ADD)
    return wanted or listed


def forced_candidates(policy: Policy, message: str, channel: str | None) -> list[tuple[str, str]]:
    """Return the (message, channel) pairs of a message, or of a scenario's messages.

    Raises:
        BadInput: there is no such message, scenario or channel, or the message does not go over it.
    """
    names, channels = policy.messages.ids, policy.channels.names
    chosen = [each.message_id for each in policy.offered if message in (each.message_id, each.scenario)]
    if message in chosen:
        chosen = [message]
    if not chosen:
        raise BadInput(f"{message!r} is no message and no scenario", fix=f"name one of {', '.join(names)}")
    pairs = [(names[m], channels[c]) for m, c in zip(policy.candidates.message.tolist(), policy.candidates.channel.tolist(), strict=True)]
    found = [(m, c) for m, c in pairs if m in chosen and channel in (None, c)]
    if not found:
        policy.candidate(chosen[0], channel or channels[0])  # says what is wrong
    return found


def forced_sends(engine: DecisionEngine, batch: CustomerBatch, pairs: Sequence[tuple[str, str]], spoken: Spoken) -> list[ForcedSend]:
    """Return the forced contacts of a batch, by customer and then by pair."""
    earnest = rows(engine.decide(batch))
    compared = [
        {(c.message_id, c.channel): spoken.candidate(c) for c in engine.compare(batch.rows(slice(i, i + 1)))} for i in range(len(batch))
    ]
    policy, plans = engine.policy, {}
    for message_id, channel in pairs:
        made = engine.force(batch, message_id, channel)
        own = policy.reasons.of_message[policy.messages.ids.index(message_id)]
        codes = {policy.reasons.codes[code] for code in own.tolist() if code >= 0}
        for i, plan in enumerate(rows(made)):
            told = policy.reasons.in_language(made.reason_codes[i].tolist(), made.reason_numbers[i].tolist(), spoken.first.language)
            stated = zip(reasons(made, i), told, strict=True)
            why = [{**reason, key("text", spoken.first.language): text} for reason, text in stated if reason["code"] in codes]
            plans[i, message_id, channel] = (plan, why, suppressions(made, i))
    waits = dict(zip(policy.channels.names, policy.channels.awaits_visit.tolist(), strict=True))
    return [_send(plans[i, m, c], earnest[i], compared[i][m, c], waits=waits[c]) for i in range(len(batch)) for m, c in pairs]


def _send(
    planned: tuple[dict[str, Any], list[Any], list[Any]], earnest: Mapping[str, Any], compared: Mapping[str, Any], *, waits: bool
) -> ForcedSend:
    plan, why, held = planned
    closed = waits or any(rule["code"] == "quiet_hours" for rule in held)
    return ForcedSend(
        customer_id=plan["customer_id"],
        known=plan["known"],
        message_id=plan["message"]["message_id"],
        channel=plan["channel"]["name"],
        content=plan["message"]["content"],
        products=tuple(plan["message"]["products"]),
        incentive=plan["message"]["incentive"],
        timing=None if closed else plan["timing"],
        fallbacks=tuple(plan["channel"]["fallbacks"]),
        reasons=tuple(why) if compared["eligible"] else (),
        unmet={name: tuple(value) for name, value in compared.items() if name.startswith("unmet")},
        eligible=compared["eligible"],
        held_by=tuple(held),
        earnest={
            "status": earnest["status"],
            "message_id": (earnest["message"] or {}).get("message_id"),
            "channel": (earnest["channel"] or {}).get("name"),
        },
    )


def _summaries_of(shop: Shop, ids: Sequence[str], as_of: Instant) -> Batch:
    """Return the summaries of customers, in order; of who is not on record every fact is unknown, as in the service."""
    names = summary_names()
    values = np.full((len(ids), len(names)), np.nan)
    for chunk in shop.chunks(shop.summaries(as_of)):
        columns = [chunk.names.index(name) for name in names]
        for row in np.flatnonzero(np.isin(chunk.customer_ids, texts(ids))).tolist():
            values[ids.index(chunk.customer_ids[row])] = chunk.values[row, columns]
    return Batch(texts(ids), names, values)


def _described(shop: Shop, as_of: Instant, product_ids: Collection[str]) -> dict[str, ShownProduct]:
    """Return name and list price of products, as on record; of an unknown one there is neither."""
    if not product_ids or "products" not in shop.records.tables():
        return {}
    import narwhals as nw

    frame = shop.records.frame("products", as_of).filter(nw.col("product_id").is_in(list(product_ids)))
    found = frame.select("product_id", "name", "list_price").collect(backend="polars").to_native()
    return {row["product_id"]: ShownProduct(row["name"], row["list_price"]) for row in found.to_dicts()}
