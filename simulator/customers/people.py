"""Who the customers are: everything about them that never changes, drawn once.

Heterogeneity is that of the Pareto/NBD (Schmittlein, Morrison and Colombo, Management Science 1987): gamma rates of
buying, gamma chances of leaving, independent of each other; on top of it come temperament, taste, source and
suggestibility. Persuadables, sure things, lost causes and do-not-disturbs (Radcliffe and Surry 2011) are not labels
here: they follow from rate, suggestibility and state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr

from otokui.settings.contacts.channels import Channel
from simulator.chance import Chance
from simulator.sends import Flags, Ints
from simulator.settings.contact_settings import ChannelTruth
from simulator.settings.world_settings import WorldSettings

TREND, NEED, SALE = 0, 1, 2
AREAS: Final = ("tokyo", "kanagawa", "osaka", "aichi", "saitama", "chiba", "hyogo", "hokkaido", "fukuoka", "other")
AREA_WEIGHTS: Final = (14, 9, 9, 7, 7, 6, 5, 5, 5, 33)
GENDERS: Final = ("female", "male", "")
GENDER_WEIGHTS: Final = (55, 38, 7)
CHRONOTYPES: Final = 5
SUGGESTIBLE_MOST: Final = 5.0
SEEN_IN_ATTENTION, HIDDEN = 0.6, 0.8
"""How suggestibility hangs together with attention: weights of a normal copula, squares summing to one."""
ELDER_BORN: Final = 1962
"""Those born before are disturbed by contacts more often."""
ZIPF: Final = 1.15

Small = NDArray[np.int8]
Reals = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class People:
    """One entry per customer in every array; (n, C) by channel where it says so.

    arrival_day: day of registration. rate: purchases a day when convinced, in no season. leaving: chance a day to begin to leave.
    suggestible: relative pull of a fitting message, mean 1 over customers who are moved; 0 for lost causes. disturbed: buys less when
    contacted. attention, reachable, opts_in: (n, C).
    """

    arrival_day: NDArray[np.int32]
    prospect: Flags
    temperament: Small
    rate: Reals
    leaving: Reals
    unconvinced: Flags
    regular: Flags
    spend_level: Reals
    category: Small
    second_category: Small
    brand: Small
    taste: Small
    suggestible: Reals
    disturbed: Flags
    irritable: Reals
    source: Small
    variant: Small
    birth_year: NDArray[np.int16]
    birth_month: Small
    gender: Small
    area: Small
    chronotype: Small
    lives_weekends: Flags
    machine_opens: Flags
    window_shopper: Flags
    contract: Flags
    attention: Reals
    reachable: Flags
    opts_in: Flags

    def __len__(self) -> int:
        return len(self.rate)


def make_people(
    settings: WorldSettings, customers: int, channels: Sequence[Channel], truths: Sequence[ChannelTruth], chance: Chance
) -> People:
    """Draw n customers; (n,) arrays, and (n, C) by channel."""
    who = np.arange(customers)
    came = settings.arrival
    source = chance.choice("source", who, [s.share for s in came.sources])
    variant = chance.below("variant", who, len(came.variant_rates))
    temper = settings.temper
    temperament = chance.choice("temperament", who, (temper.trend_share, temper.need_share, temper.sale_share))
    buying = settings.purchasing
    rate = _gamma(chance, "rate", who, buying.rate_shape) / buying.mean_gap_days
    rate *= np.array([s.rate for s in came.sources])[source] * np.array(came.variant_rates)[variant]
    leaving = _gamma(chance, "leaving", who, settings.leaving.shape) / settings.leaving.mean_days
    leaving /= np.array([s.lifetime for s in came.sources])[source]
    answer = settings.response
    birth_year = 1940 + 65 * (chance.uniform("age", who) + chance.uniform("age", who, part=1)) / 2
    # Who reads more is also moved more, so that what can be seen tells of what cannot.
    open_mind = ndtr(SEEN_IN_ATTENTION * chance.normal("attention", who) + HIDDEN * chance.normal("suggestible", who))
    lost = answer.lost_cause_share
    moved = gammaincinv(answer.suggestibility_shape, np.clip((open_mind - lost) / (1.0 - lost), 0.0, None)) / answer.suggestibility_shape
    moved = np.minimum(moved, SUGGESTIBLE_MOST)
    disturbed = answer.do_not_disturb_share * np.where(birth_year < ELDER_BORN, 2.0, 0.7)
    spread = settings.goods.spend_spread

    def share(mechanism: str, of: float) -> Flags:
        return np.asarray(chance.uniform(mechanism, who) < of)

    return People(
        arrival_day=_arrivals(settings, who, chance),
        prospect=share("prospect", came.prospect_share),
        temperament=_small(temperament),
        rate=_real(np.clip(rate, 1e-4, 0.5)),
        leaving=_real(np.clip(leaving, 1e-5, 0.2)),
        unconvinced=share("unconvinced", settings.wall.unconvinced_share),
        regular=(temperament == NEED) & share("regular", buying.regular_share),
        spend_level=_real(np.exp(spread * chance.normal("spend", who) - spread**2 / 2)),
        category=_small(_skewed(chance, "category", who, settings.goods.categories_m)),
        second_category=_small(_skewed(chance, "second category", who, settings.goods.categories_m)),
        brand=_small(_skewed(chance, "brand", who, settings.goods.brands)),
        taste=_small(_skewed(chance, "taste", who, settings.goods.tastes)),
        suggestible=_real(moved),
        disturbed=np.asarray(chance.uniform("disturbed", who) < disturbed),
        irritable=_real(_gamma(chance, "irritable", who, 1.0)),
        source=_small(source),
        variant=_small(variant),
        birth_year=birth_year.astype(np.int16),
        birth_month=_small(1 + chance.below("birth month", who, 12)),
        gender=_small(chance.choice("gender", who, GENDER_WEIGHTS)),
        area=_small(chance.choice("area", who, AREA_WEIGHTS)),
        chronotype=_small(chance.below("chronotype", who, CHRONOTYPES)),
        lives_weekends=share("weekends", 0.4),
        machine_opens=_machine(chance, who, truths),
        window_shopper=share("window shopper", settings.browsing.window_shopper_share),
        contract=share("contract", settings.subscription.share),
        attention=_stacked([_attention(chance, who, c.name, t) for c, t in zip(channels, truths, strict=True)], customers, np.float32),
        reachable=_stacked([share(f"reach {c.name}", t.reach) for c, t in zip(channels, truths, strict=True)], customers, np.bool_),
        opts_in=_stacked([share(f"consent {c.name}", t.consent) for c, t in zip(channels, truths, strict=True)], customers, np.bool_),
    )


def _arrivals(settings: WorldSettings, who: Ints, chance: Chance) -> NDArray[np.int32]:
    came = settings.arrival
    u = chance.uniform("arrival", who)
    opening = chance.uniform("opening", who) < came.opening_share
    return np.floor(np.where(opening, u * came.opening_days, u * came.arrival_days)).astype(np.int32)


def _gamma(chance: Chance, mechanism: str, who: Ints, shape: float) -> Any:
    """Gamma draws of mean 1."""
    return gammaincinv(shape, chance.uniform(mechanism, who)) / shape


def _skewed(chance: Chance, mechanism: str, who: Ints, count: int) -> Ints:
    """Indices of which the first are the most popular, by Zipf's law."""
    return chance.choice(mechanism, who, 1.0 / np.arange(1, count + 1) ** ZIPF)


def _attention(chance: Chance, who: Ints, name: str, truth: ChannelTruth) -> Any:
    """Attention relative to the channel's mean; half of it is the customer's own, the same over all channels."""
    drawn = (chance.normal("attention", who) + chance.normal(f"attention {name}", who)) / np.sqrt(2.0)
    return np.exp(truth.spread * drawn - truth.spread**2 / 2)


def _machine(chance: Chance, who: Ints, truths: Sequence[ChannelTruth]) -> Flags:
    return np.asarray(chance.uniform("machine", who) < max((t.machine for t in truths), default=0.0))


def _stacked(columns: Sequence[Any], rows: int, dtype: Any) -> Any:
    return np.stack(columns, axis=1).astype(dtype) if columns else np.zeros((rows, 0), dtype)


def _small(values: Any) -> Small:
    return np.asarray(values).astype(np.int8)


def _real(values: Any) -> Reals:
    return np.asarray(values).astype(np.float32)
