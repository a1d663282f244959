"""The settings of what is sold and of how it is recorded."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section, Share


class Goods(Section):
    """What is sold, and at which price."""

    products: int = Field(default=480, ge=32, description="products over the whole time")
    categories_l: int = Field(default=4, ge=1, description="large categories")
    categories_m: int = Field(default=16, ge=3, description="middle categories in all")
    consumable_share: Share = Field(default=0.4, description="share of middle categories that are used up")
    brands: int = Field(default=12, ge=1, description="brands")
    tastes: int = Field(default=8, ge=1, description="tastes: colours, patterns, materials")
    new_share: Share = Field(default=0.4, description="share of products that come on sale in the course of time")
    median_price: float = Field(default=2_400.0, gt=0.0, description="median list price, money")
    price_spread: float = Field(default=0.6, ge=0.0, description="standard deviation of the log of list prices")
    cost_share: Share = Field(default=0.55, description="unit cost as a share of the list price, on average")
    sale_discount: Share = Field(default=0.25, description="what a sale takes off the list price, on average")
    markdown_share: Share = Field(default=0.12, description="share of lines sold below list outside of sales")
    lines_per_order: float = Field(default=2.0, ge=1.0, description="products in a basket, on average")
    spend_spread: float = Field(default=0.6, ge=0.0, description="standard deviation of the log of customers' basket sizes")
    own_category: Share = Field(default=0.55, description="share of lines from the customer's first category")
    rebuy: Share = Field(default=0.45, description="share of lines of need-led customers that buy the same consumable again")
    unit: float = Field(default=10.0, gt=0.0, description="prices are multiples of this, money")


class Delivery(Section):
    """From order to doorstep, and back."""

    store_share: Share = Field(default=0.2, description="share of orders made in a store")
    phone_share: Share = Field(default=0.03, description="share of orders made by phone")
    shortest_days: int = Field(default=1, ge=0, description="days to the doorstep at least")
    longest_days: int = Field(default=5, ge=0, description="days to the doorstep at most, unless delayed")
    delayed_share: Share = Field(default=0.06, description="share of deliveries that are delayed")
    delay_days: int = Field(default=10, ge=1, description="days a delay lasts at most")
    cancelled_share: Share = Field(default=0.02, description="share of orders cancelled before delivery")
    return_share: Share = Field(default=0.04, description="share of delivered lines that come back")


class RecordFlaws(Section):
    """How what happens becomes known."""

    late_share: Share = Field(default=0.03, description="share of events and orders known only one to three days later")
    duplicate_share: Share = Field(default=0.005, description="share of events delivered twice")
    dirty_share: Share = Field(default=0.0, description="share of events and orders with a mistake in them (for the quarantine)")


class Subscription(Section):
    """Contracts with a term."""

    share: Share = Field(default=0.0, description="share of buyers who take out a contract with their first purchase")
    term_days: int = Field(default=180, ge=1, description="days of a term")
    box_days: int = Field(default=30, ge=1, description="days between the boxes of a contract")
    notice_share: Share = Field(default=0.12, description="chance that a contract is not renewed at its term by who has no reason to leave")
