"""Settings of a simulated world: the strength of each mechanism.

A world is a TOML file that says what differs from the default.

The figures are of the trade or set so that the shop looks like real ones (docs/explanation/simulated-shop.md); the
mechanisms that read them say where they come from.
"""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section, Share
from simulator.settings.contact_settings import ChannelTruth, ResponseSettings
from simulator.settings.goods_settings import Delivery, Goods, RecordFlaws, Subscription


class AcquisitionSource(Section):
    """One way by which customers come."""

    name: str = Field(description="acquisition_source")
    medium: str = Field(description="acquisition_medium")
    share: float = Field(gt=0.0, description="weight among the sources")
    rate: float = Field(default=1.0, gt=0.0, description="multiplies how often its customers buy")
    lifetime: float = Field(default=1.0, gt=0.0, description="multiplies how long they stay")


class Arrival(Section):
    """How customers come, and from where."""

    opening_share: Share = Field(default=0.4, description="share of the customers who come in the opening days")
    opening_days: int = Field(default=60, ge=1, description="days of the opening")
    arrival_days: int = Field(default=730, ge=1, description="days over which the others come, evenly")
    prospect_share: Share = Field(default=0.06, description="share who register without buying")
    sources: tuple[AcquisitionSource, ...] = Field(
        default=(
            AcquisitionSource(name="search", medium="organic", share=0.32, rate=1.1, lifetime=1.2),
            AcquisitionSource(name="search_ad", medium="cpc", share=0.26, rate=0.9, lifetime=0.9),
            AcquisitionSource(name="social", medium="social", share=0.22, rate=0.85, lifetime=0.75),
            AcquisitionSource(name="referral", medium="referral", share=0.12, rate=1.35, lifetime=1.5),
            AcquisitionSource(name="flyer", medium="print", share=0.08, rate=0.9, lifetime=1.1),
        ),
        description="acquisition sources; their customers differ in lifetime value",
    )
    variant_rates: tuple[float, ...] = Field(default=(0.92, 1.0, 1.12), description="by landing page: multiplies how often they buy")


class Purchasing(Section):
    """How often customers buy while they are customers."""

    mean_gap_days: float = Field(default=52.0, gt=0.0, description="mean days between purchases at the mean rate")
    rate_shape: float = Field(default=0.85, gt=0.0, description="shape of the gamma of rates; small = few buy much")
    season_strength: Share = Field(default=0.3, description="amplitude of the seasons of categories")
    year_end: float = Field(default=1.35, gt=0.0, description="multiplies purchases in December")
    payday_strength: float = Field(default=0.25, ge=0.0, description="purchases added in the days from the 25th")
    weekend_strength: float = Field(default=0.3, ge=0.0, description="purchases added at weekends for those who live by them")
    regular_share: Share = Field(default=0.7, description="share of the need-led who buy by a clock of their own")
    satiation: Share = Field(default=0.7, description="how much a purchase lowers the next days' chance of another")
    satiation_days: float = Field(default=8.0, gt=0.0, description="days in which that fades to a third")


class Wall(Section):
    """The F2 wall: most who bought once never buy again."""

    unconvinced_share: Share = Field(default=0.48, description="share of new customers who are not convinced by their first purchase")
    unconvinced_rate: Share = Field(default=0.1, description="their rate until a second purchase, relative to their own")


class Leaving(Section):
    """How customers leave for good."""

    mean_days: float = Field(default=420.0, gt=0.0, description="mean lifetime at the mean chance of leaving")
    shape: float = Field(default=1.0, gt=0.0, description="shape of the gamma of chances to leave")
    omen_share: Share = Field(default=0.5, description="share who enquire before they leave; the others go silently")
    omen_days: int = Field(default=28, ge=1, description="days between the first omen and leaving")
    enquiry_rate: float = Field(default=0.0015, ge=0.0, description="enquiries a day of everybody")
    omen_enquiry_rate: float = Field(default=0.1, ge=0.0, description="enquiries a day of those about to leave")


class Temper(Section):
    """Three temperaments: trend-first, need-led by season and use, sale-only."""

    trend_share: float = Field(default=0.3, ge=0.0, description="weight of the trend-first")
    need_share: float = Field(default=0.4, ge=0.0, description="weight of the need-led")
    sale_share: float = Field(default=0.3, ge=0.0, description="weight of the sale-only")
    sale_lift: float = Field(default=2.6, gt=0.0, description="sale-only: rate during a sale, relative to their own")
    sale_lull: float = Field(default=0.6, gt=0.0, description="sale-only: rate outside of sales")
    launch_lift: float = Field(default=1.5, gt=0.0, description="trend-first: rate in the days after new arrivals")
    sale_every_days: int = Field(default=45, ge=2, description="days between the beginnings of sales")
    sale_days: int = Field(default=8, ge=1, description="days a sale lasts")
    launch_every_days: int = Field(default=14, ge=2, description="days between new arrivals")
    launch_days: int = Field(default=4, ge=1, description="days in which new arrivals draw the trend-first")


class Browsing(Section):
    """Looking: what foreshadows a purchase, and what does not."""

    interest_per_purchase: float = Field(default=1.6, gt=0.0, description="spells of interest for each purchase of a customer")
    interest_days: int = Field(default=5, ge=1, description="days a spell of interest lasts at most")
    interest_lift: float = Field(default=7.0, ge=1.0, description="purchase rate in a spell, relative to outside of one")
    views_per_day: float = Field(default=0.9, ge=0.0, description="visits a day in a spell of interest")
    idle_rate: float = Field(default=0.01, ge=0.0, description="visits a day of everybody that mean nothing")
    window_shopper_share: Share = Field(default=0.12, description="share who look much and mean nothing by it")
    window_shopper_rate: float = Field(default=0.1, ge=0.0, description="their visits a day")
    cart_share: Share = Field(default=0.3, description="share of visits in a spell that fill a cart")


class WorldSettings(Section):
    """One world: the strength of every mechanism."""

    name: str = Field(default="default", description="what the world is called")
    start_date: str = Field(default="2024-01-01", description="the first day, local")
    arrival: Arrival = Arrival()
    purchasing: Purchasing = Purchasing()
    wall: Wall = Wall()
    leaving: Leaving = Leaving()
    temper: Temper = Temper()
    browsing: Browsing = Browsing()
    goods: Goods = Goods()
    delivery: Delivery = Delivery()
    records: RecordFlaws = RecordFlaws()
    subscription: Subscription = Subscription()
    response: ResponseSettings = ResponseSettings()
    channels: dict[str, ChannelTruth] = Field(default={}, description="what differs of each channel from what the trade knows of it")
