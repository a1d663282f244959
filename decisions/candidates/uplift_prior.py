"""Prior uplift of contacts per message and channel, updated by contacted against control.

Contacted customers buy more anyway, because they were chosen; so conversions alone prove nothing. Only the difference between contacted
customers and the control group of the same scenario and channel updates the prior, and a cell without control is not updated.

The prior uplift is normal with the variance that ``prior_strength`` contacts would leave; the data's difference of two shares is normal
by its two binomial variances, each smoothed by Jeffreys' half; the posterior weighs the two by precision (Gelman et al., Bayesian Data
Analysis, 3rd ed., 2.5 and 5.5). Ten contacts therefore change little, ten thousand decide. A trained response model replaces both: it has
learnt from the same contacts, and from shared features of candidates and differences between customers besides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from decisions.candidates.channel_message_arrays import Offers
from decisions.candidates.wear_out import uplift_share_left
from otokui.errors import BadInput
from otokui.frames import Floats, Ints
from scoring.pair_models.uplift import UpliftModel

_BASE_RATE = 0.05  # assumed share of customers who buy within a response period
TENTH = 1.2815515655446004  # standard deviations to the 10% and 90% points: the same 80% interval as P1


@dataclass(frozen=True, slots=True)
class ResponseCount:
    """Conversions of one scenario over one channel: of contacted customers, and of control.

    converted counts customers who bought within the message's response days, contacted or not.
    """

    scenario: str
    channel: str
    sent: int
    converted: int
    control: int
    control_converted: int

    def __post_init__(self) -> None:
        if not (0 <= self.converted <= self.sent and 0 <= self.control_converted <= self.control):
            raise BadInput(
                f"response counts of {self.scenario!r} over {self.channel!r} do not add up: {self}",
                fix="count customers once each, and among them those who converted",
            )


@dataclass(frozen=True, slots=True)
class Uplift:
    """Uplift of each candidate, (A,): mean and 80% interval.

    It is the share moved to a purchase among customers of median attention who would not have bought.

    slopes, slope_variances: (A, q) how it differs with the customer's columns (``scoring.pair_models.uplift``); none where no response
    model is live, and then all customers are alike. lasting_share: (A,) share of the uplift that is not merely pulled forward.
    """

    mean: Floats
    low: Floats
    high: Floats
    slopes: Floats
    slope_variances: Floats
    lasting_share: Floats

    def only(self, index: Ints) -> Uplift:
        """Return the uplift of some of the candidates, in the order of ``index``."""
        return Uplift(*(getattr(self, field.name)[index] for field in fields(Uplift)))


def prior_uplift(offers: Offers, counts: Sequence[ResponseCount] = ()) -> Uplift:
    """Return the uplift of every candidate: the prior, updated by ``counts``.

    A count without a contacted or a control customer is passed over.
    """
    messages, channels, candidates = offers.messages, offers.channels, offers.candidates
    prior = messages.prior_uplift[candidates.message] * channels.response_factor[candidates.channel]
    precision = messages.prior_strength[candidates.message] / (_BASE_RATE * (1.0 - _BASE_RATE))
    mean, weight = prior * precision, precision.copy()
    scenario = messages.scenario[candidates.message]
    for count in counts:
        if count.sent == 0 or count.control == 0 or count.scenario not in messages.scenarios or count.channel not in channels.names:
            continue
        cell = (scenario == messages.scenarios.index(count.scenario)) & (candidates.channel == channels.names.index(count.channel))
        room = 1.0 - (count.control_converted + 0.5) / (count.control + 1.0)  # the share of customers who would not have bought anyway
        difference = (count.converted / count.sent - count.control_converted / count.control) / room
        added = room**2 / (_variance(count.converted, count.sent) + _variance(count.control_converted, count.control))
        mean[cell] += difference * added
        weight[cell] += added
    mean = np.clip(mean / weight, -1.0, 1.0)
    spread = TENTH / np.sqrt(weight)
    none = np.zeros((len(candidates), 0))
    return Uplift(mean, np.clip(mean - spread, -1.0, 1.0), np.clip(mean + spread, -1.0, 1.0), none, none, np.ones(len(candidates)))


def learnt_uplift(stated: Uplift, offers: Offers, response: UpliftModel, wear_out: float) -> Uplift:
    """Return the uplift by the response model, or ``stated`` for candidates it lacks.

    The model learnt from customers with recent contacts; the result is the effect without wear-out (``decisions.candidates.wear_out``).
    """
    manifest, candidates = response.manifest, offers.candidates
    share_left = float(uplift_share_left(np.array(manifest.of_late), wear_out))
    known = {(cell.message_id, cell.channel): cell for cell in manifest.cells}
    mean, low, high, lasting = stated.mean.copy(), stated.low.copy(), stated.high.copy(), stated.lasting_share.copy()
    slopes, variances = np.zeros((2, len(candidates), manifest.columns))
    for place, (message, channel) in enumerate(zip(candidates.message, candidates.channel, strict=True)):
        cell = known.get((offers.messages.ids[message], offers.channels.names[channel]))
        if cell is None:
            continue
        base, spread = cell.base / share_left, TENTH * float(np.sqrt(cell.base_variance)) / share_left
        mean[place] = np.clip(base, -1.0, 1.0)
        low[place], high[place] = np.clip([base - spread, base + spread], -1.0, 1.0)
        slopes[place], variances[place] = np.array(cell.slopes) / share_left, np.array(cell.slope_variances) / share_left**2
        lasting[place] = manifest.kept
    return Uplift(mean, low, high, slopes, variances, lasting)


def counts_digest(counts: Sequence[ResponseCount]) -> str:
    """Return a digest of the response counts, independent of their order.

    It is part of the policy's digest.
    """
    rows = sorted(f"{c.scenario}\x1f{c.channel}\x1f{c.sent}\x1f{c.converted}\x1f{c.control}\x1f{c.control_converted}" for c in counts)
    return hashlib.blake2b("\x1e".join(rows).encode(), digest_size=16).hexdigest()


def _variance(converted: int, customers: int) -> float:
    rate = (converted + 0.5) / (customers + 1.0)
    return rate * (1.0 - rate) / customers
