"""Features of behaviour other than buying: counts, recency and drops (a churn signal)."""

from __future__ import annotations

from features.arithmetic import after, days_since, decay, per_day, ratio
from features.feature import Change, feature
from otokui.frames import Floats

UNKNOWN = "no behaviour records"
EVENTS = "events"


@feature(unit="count, >= 0", null=UNKNOWN, source=EVENTS)
def visit_count(visit_count: Floats) -> Floats:
    """Events of any type but enquiries, all time. From: events."""
    return visit_count


@feature(unit="visits", null=UNKNOWN, source=EVENTS)
def visit_decay_14(visit_decay_14: Floats, as_of: float) -> Floats:
    """Recent visits, each counting half as much every 14 days. From: events."""
    return decay(visit_decay_14, as_of, 14)


@feature(unit="visits", null=UNKNOWN, source=EVENTS, change=Change("come and have a look again"))
def visit_decay_90(visit_decay_90: Floats, as_of: float) -> Floats:
    """Recent visits, each counting half as much every 90 days. From: events."""
    return decay(visit_decay_90, as_of, 90)


@feature(unit="ratio, 1 = steady, below = dropping", null="never visited", source=EVENTS)
def visit_trend(visit_decay_14: Floats, visit_decay_90: Floats, as_of: float) -> Floats:
    """Rate of visits of the last fortnight against that of the last quarter: a sudden drop. From: events."""
    return ratio(per_day(decay(visit_decay_14, as_of, 14), 14), per_day(decay(visit_decay_90, as_of, 90), 90))


@feature(unit="days, >= 0", null="never visited", source=EVENTS)
def days_since_last_visit(last_visit_at: Floats, as_of: float) -> Floats:
    """Days since the last event of any type but an enquiry. From: events."""
    return days_since(last_visit_at, as_of)


@feature(unit="views", null=UNKNOWN, source=EVENTS)
def product_view_decay_14(product_view_decay_14: Floats, as_of: float) -> Floats:
    """Recent product views, each counting half as much every 14 days. From: events."""
    return decay(product_view_decay_14, as_of, 14)


@feature(unit="ratio, 1 = steady, below = dropping", null="viewed no product", source=EVENTS)
def product_view_trend(product_view_decay_14: Floats, product_view_decay_90: Floats, as_of: float) -> Floats:
    """Rate of product views of the last fortnight against that of the last quarter. From: events."""
    return ratio(per_day(decay(product_view_decay_14, as_of, 14), 14), per_day(decay(product_view_decay_90, as_of, 90), 90))


@feature(unit="days, >= 0", null="viewed no product", source=EVENTS)
def days_since_product_view(last_product_view_at: Floats, as_of: float) -> Floats:
    """Days since the last product view. From: events."""
    return days_since(last_product_view_at, as_of)


@feature(unit="views per purchase", null="never bought, or no behaviour records", source="events and order_lines")
def views_per_purchase(product_view_count: Floats, purchase_count: Floats) -> Floats:
    """Product views per purchase. From: events and order_lines."""
    return ratio(product_view_count, purchase_count)


@feature(unit="1 = yes, 0 = no", null="never null", source="events and order_lines")
def viewed_since_purchase(last_product_view_at: Floats, last_purchase_at: Floats) -> Floats:
    """Whether a product was viewed after the last purchase. From: events and order_lines."""
    return after(last_product_view_at, last_purchase_at)


@feature(unit="searches", null=UNKNOWN, source=EVENTS)
def search_decay_30(search_decay_30: Floats, as_of: float) -> Floats:
    """Recent searches, each counting half as much every 30 days. From: events."""
    return decay(search_decay_30, as_of, 30)


@feature(unit="products", null=UNKNOWN, source=EVENTS)
def cart_add_decay_30(cart_add_decay_30: Floats, as_of: float) -> Floats:
    """Recent products put in the cart, each counting half as much every 30 days. From: events."""
    return decay(cart_add_decay_30, as_of, 30)


@feature(unit="days, >= 0", null="put nothing in the cart", source=EVENTS)
def days_since_cart_add(last_cart_add_at: Floats, as_of: float) -> Floats:
    """Days since a product was last put in the cart. From: events."""
    return days_since(last_cart_add_at, as_of)


@feature(unit="1 = yes, 0 = no", null="never null", source="events and order_lines")
def cart_since_purchase(last_cart_add_at: Floats, last_purchase_at: Floats) -> Floats:
    """Whether a product was put in the cart after the last purchase: an abandoned cart. From: events and order_lines."""
    return after(last_cart_add_at, last_purchase_at)


@feature(unit="share, 0 and above", null="put nothing in the cart", source=EVENTS)
def cart_removal_share(cart_remove_count: Floats, cart_add_count: Floats) -> Floats:
    """Products taken out of the cart per product put in. From: events."""
    return ratio(cart_remove_count, cart_add_count)


@feature(unit="favourites", null=UNKNOWN, source=EVENTS, change=Change("mark a favourite"))
def favourite_decay_90(favourite_decay_90: Floats, as_of: float) -> Floats:
    """Recent favourites marked, each counting half as much every 90 days. From: events."""
    return decay(favourite_decay_90, as_of, 90)


@feature(unit="count, >= 0", null=UNKNOWN, source=EVENTS)
def enquiry_count(enquiry_count: Floats) -> Floats:
    """Enquiries and support tickets, all time. From: events."""
    return enquiry_count


@feature(unit="enquiries", null=UNKNOWN, source=EVENTS)
def enquiry_decay_30(enquiry_decay_30: Floats, as_of: float) -> Floats:
    """Recent enquiries, each counting half as much every 30 days: repeated ones are a churn signal. From: events."""
    return decay(enquiry_decay_30, as_of, 30)


@feature(unit="days, >= 0", null="never enquired", source=EVENTS)
def days_since_enquiry(last_enquiry_at: Floats, as_of: float) -> Floats:
    """Days since the last enquiry. From: events."""
    return days_since(last_enquiry_at, as_of)


@feature(unit="share, 0..1", null="never visited", source=EVENTS, change=Change("visit a store"))
def store_visit_share(store_visit_count: Floats, visit_count: Floats) -> Floats:
    """Share of visits made to a store. From: events."""
    return ratio(store_visit_count, visit_count)


@feature(unit="share, 0..1", null="never visited", source=EVENTS, change=Change("open the app"))
def app_open_share(app_open_count: Floats, visit_count: Floats) -> Floats:
    """Share of visits that opened the app. From: events."""
    return ratio(app_open_count, visit_count)


@feature(
    unit="count, >= 0",
    null=UNKNOWN,
    source=EVENTS,
    change=Change("come to an event, or download a document"),
)
def attendance_count(event_attendance_count: Floats, download_count: Floats) -> Floats:
    """Events attended and documents downloaded, all time. From: events."""
    return event_attendance_count + download_count
