"""Evidence from the shop's own contacts, as one small file.

The nightly run and the service read the same file. If each counted for itself, the two would compile different policies from the same
night's records.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from decisions.candidates.channel_engagement import ReadCount
from decisions.candidates.retention import NO_SIGNALS, ChurnSignalCount
from decisions.candidates.unsubscribe_rate import UnsubscribeCount
from decisions.candidates.uplift_prior import ResponseCount
from otokui.domain import Instant
from otokui.errors import BadSettings
from otokui.ports.models import ModelFiles
from scoring.base_models.purchase_times import DirichletMixture
from scoring.pair_models.uplift import UpliftModel, load_response

FILE_NAME = "evidence.json"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence for a policy: counts up to ``cutoff``, and the response model.

    counts: responses by scenario and channel; reads: by channel and hour; delivery_tracked: whether the shop's orders carry delivery
    dates at all; unsubscribes: by channel; second_purchase, first_purchase: the money by which customers of two purchases, and of one,
    differ (``analysis.repeat_purchase_value``); response: trained on nothing after the cut-off;
    churn_signals: purchases after enquiries (``analysis.churn_signals``); active_hours: kinds of customers by eight buckets of
    three hours (``training.btyd.active_hours``), None = not estimated.
    """

    cutoff: Instant
    delivery_tracked: bool = False
    counts: Sequence[ResponseCount] = ()
    reads: Sequence[ReadCount] = ()
    response: ModelFiles | None = None
    unsubscribes: Sequence[UnsubscribeCount] = ()
    second_purchase: float = 0.0
    first_purchase: float = 0.0
    churn_signals: ChurnSignalCount = NO_SIGNALS
    active_hours: DirichletMixture | None = None

    def to_json(self) -> str:
        """Return the evidence as JSON: the same evidence, the same bytes."""
        counts = [{name: getattr(count, name) for name in ResponseCount.__slots__} for count in self.counts]
        document: dict[str, object] = {
            "cutoff": int(self.cutoff),
            "delivery_tracked": self.delivery_tracked,
            "counts": counts,
            "second_purchase": self.second_purchase,
            "first_purchase": self.first_purchase,
            "omens": [self.churn_signals.made, self.churn_signals.expected],
            "reads": [{name: getattr(count, name) for name in ReadCount.__slots__} for count in self.reads],
        }
        document["unsubscribes"] = [{name: getattr(count, name) for name in UnsubscribeCount.__slots__} for count in self.unsubscribes]
        if self.active_hours is not None:
            document["about"] = self.active_hours.model_dump()
        if self.response is not None:
            document["response"] = {"manifest": self.response.manifest, "text": self.response.text}
        return json.dumps(document, indent=1, sort_keys=True)

    def model(self) -> UpliftModel | None:
        """Return the response model, checked; None if none was trained by the cut-off.

        Raises:
            BrokenModel: its digests do not match its files.
            FeatureSetMismatch: it was trained on other features.
        """
        return None if self.response is None else load_response(self.response)

    @classmethod
    def from_json(cls, text: str) -> Evidence:
        """Read evidence from the JSON of ``to_json``.

        Raises:
            BadSettings: the text is something else.
        """
        try:
            document = json.loads(text)
            counts = tuple(ResponseCount(**row) for row in document["counts"])
            reads = tuple(ReadCount(row["channel"], tuple(row["sent"]), tuple(row["read"])) for row in document["reads"])
            lost = tuple(UnsubscribeCount(**row) for row in document.get("unsubscribes", ()))
            model = ModelFiles(**document["response"]) if "response" in document else None
            worth = (document["second_purchase"], document.get("first_purchase", 0.0))
            churn_signals = ChurnSignalCount(*document.get("omens", ()))
            active_hours = DirichletMixture.model_validate(document["about"]) if "about" in document else None
            return cls(
                Instant(document["cutoff"]),
                bool(document["delivery_tracked"]),
                counts,
                reads,
                model,
                lost,
                *worth,
                churn_signals,
                active_hours,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BadSettings(f"{FILE_NAME} cannot be read: {error}", fix="run `otokui materialise --shop SHOP` again") from None
