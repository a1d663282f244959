"""Collection of a shop's evidence at an instant, from records and ledger.

Counts are made in ``analysis``.

Apart from the wiring, so that what counts as evidence is found in one file: a new kind of it is one more line here.
"""

from __future__ import annotations

from analysis.churn_signals import count_omens
from analysis.repeat_purchase_value import first_purchase_lift, second_purchase_lift
from analysis.response_counts import LOOK_BACK_DAYS, count_responses, count_unsubscribes
from decisions.candidates.channel_engagement import ReadCount
from decisions.compiler.evidence import Evidence
from otokui.domain import DAY, Instant
from otokui.ports.ledger import Ledger
from otokui.ports.models import ModelFiles
from otokui.ports.stores import RecordSource
from otokui.settings.settings import Settings
from pipelines.summaries.purchase_table import purchases


def collect_evidence(source: RecordSource, ledger: Ledger, response: ModelFiles | None, settings: Settings, cutoff: Instant) -> Evidence:
    """Return the evidence of the shop's contacts known by ``cutoff``, without active hours.

    response: the response model that was trained on no more than that.
    """
    counted = ledger.response_counts(Instant(cutoff - LOOK_BACK_DAYS * DAY), cutoff)
    bought = purchases(source, cutoff)
    decisions = settings.decisions
    return Evidence(
        cutoff,
        "deliveries" in source.tables(),
        tuple(count_responses(source, bought, settings.messages, cutoff)),
        tuple(
            ReadCount(channel.name, tuple(map(float, counted.watched[i])), tuple(map(float, counted.read[i])))
            for i, channel in enumerate(settings.channels)
        ),
        response,
        tuple(count_unsubscribes(source, decisions.contact_cap_days, cutoff)),
        second_purchase_lift(bought, decisions.value_horizon_days, cutoff),
        first_purchase_lift(bought, decisions.value_horizon_days, cutoff),
        count_omens(source, bought, decisions.omen_days, cutoff),
    )
