"""Measured results as text for a terminal: the money first, then where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from measurement.results.lift_interval import Contrast, FigureVerdict
from measurement.results.results import Lift, MeasuredResults
from otokui.domain import show_instant
from otokui.settings.settings import Settings
from otokui.wording.numerals import money

DIMENSIONS = ("scenario", "message", "channel", "state", "week")
"""Dimensions that a lift can be shown by."""


def results_text(results: MeasuredResults, settings: Settings, by: Sequence[str]) -> str:
    """Return the results as lines of text.

    by: dimensions of ``DIMENSIONS`` to show beside the lift of all.
    """
    shop, period = settings.shop, results.period
    begin, end = (show_instant(at, shop.timezone)[:10] for at in (period.since, period.until))
    overall = results.overall
    lines = [
        f"{begin} to {end} (end not included): {results.customers:,} customers, {_sizes(overall.outcomes['money'])}",
        f"earned by contacts: {_total(overall, shop.currency)}",
        *_per_customer(overall, shop.currency),
        *_split(results, shop.currency),
        f"cost of contacts: {money(results.cost, 0, shop.currency)}",
        *_warnings(results, settings),
    ]
    for name in by:
        rows = _dimension(results, name)
        lines += ["", f"by {name} (difference in money per customer, 95% interval)"] + [
            f"  {value:<24} {_lift_line(made, shop.currency)}" for value, made in rows.items()
        ]
        if not rows:
            lines.append("  nothing to compare yet")
    return "\n".join([*lines, *_funnel(results, shop.currency)])


def _dimension(results: MeasuredResults, name: str) -> Mapping[str, Lift]:
    match name:
        case "scenario":
            return results.scenarios
        case "message":
            return results.messages
        case "channel":
            return results.channels
        case "state":
            return results.states
        case _:
            return {f"week {number + 1}": made for number, made in enumerate(results.weeks)}


def _total(lift: Lift, currency: str) -> str:
    made = lift.outcomes["money"]
    total = made.times(made.treated)
    if total is None:
        return _why(lift, currency)
    value, low, high = (money(amount, 0, currency) for amount in total)
    says = "" if total[1] > 0 else " (cannot be told from nothing)" if total[2] > 0 else " (contacts lost money)"
    return f"{value} of revenue, 95% interval {low} to {high}{says}"


def _per_customer(lift: Lift, currency: str) -> list[str]:
    lines = []
    for name, digits in (("money", 0), ("orders", None), ("buyers", None)):
        made = lift.outcomes[name]
        if made.difference is not None and made.low is not None and made.high is not None:
            values = (made.difference, made.low, made.high, made.mean_treated or 0.0, made.mean_control or 0.0)
            told = [money(each, digits, currency) if digits is not None else f"{each:.4f}" for each in values]
            lines.append(f"  {name} per customer: {told[0]} ({told[1]} to {told[2]}); contacted {told[3]}, control {told[4]}")
    return lines


SPLIT = {
    "messages": "contacts at random against none",
    "choosing": "contacts by value against contacts at random",
    "beyond_usual": "contacts by value against the usual message",
}


def _split(results: MeasuredResults, currency: str) -> list[str]:
    """Return what earned the money, for the groups that are drawn."""
    lines = []
    for name, made in results.split.items():
        if made.difference is None or made.low is None or made.high is None:
            lines.append(f"  {SPLIT[name]}: {made.verdict.replace('_', ' ')}; {made.treated:,} and {made.control:,} customers")
        else:
            told = [money(each, 0, currency) for each in (made.difference, made.low, made.high)]
            lines.append(f"  {SPLIT[name]}: {told[0]} per customer ({told[1]} to {told[2]})")
    return lines


def _lift_line(lift: Lift, currency: str) -> str:
    made = lift.outcomes["money"]
    if made.difference is None or made.low is None or made.high is None:
        return f"{_why(lift, currency)}; {_sizes(made)}"
    told = [money(each, 0, currency) for each in (made.difference, made.low, made.high)]
    return f"{told[0]:>10} ({told[1]} to {told[2]}); {_sizes(made)}"


def _why(lift: Lift, currency: str) -> str:
    match lift.verdict:
        case FigureVerdict.MISMATCH:
            return f"not told: the groups are not of the sizes that were drawn (p = {lift.sample_ratio_p:.1g})"
        case FigureVerdict.TOO_FEW if lift.detectable is not None:
            return f"too few customers; an effect below {money(lift.detectable, 0, currency)} per customer could not be seen"
        case _:
            return "too few customers"


def _sizes(made: Contrast) -> str:
    return f"{made.treated:,} contacted, {made.control:,} in control"


def _warnings(results: MeasuredResults, settings: Settings) -> list[str]:
    lines = []
    if results.contaminated:
        lines.append(
            f"warning: {results.contaminated:,} customers of the control group were contacted; the lift is understated. "
            "fix: send only decisions of status contact"
        )
    if results.unripe:
        lines.append(f"not ripe: {results.unripe:,} first decisions whose response days are not over are left out of the tables below")
    if settings.decisions.holdout_share == 0.0:
        lines.append("warning: there is no control group, so nothing can be measured. fix: set [decisions] holdout_share, e.g. 0.05")
    return lines


def _funnel(results: MeasuredResults, currency: str) -> list[str]:
    if not results.funnels:
        return ["", "no contact was sent in the period"]
    steps = "".join(f"{name:>8}" for name in ("sent", "deliv.", "opened", "clicked", "conv.", "unsub."))
    head = f"{'message over channel':<36}{steps}{'revenue':>14}{'cost':>12}"
    lines = [
        "",
        "contacts of the period (conversions: orders within the response days of ripe contacts, last contact before the order)",
        head,
    ]
    for (message, channel), counts in results.funnels.items():
        rates = [counts.rate(step) for step in ("delivered", "opened", "clicked", "converted", "unsubscribed")]
        told = "".join(f"{'–' if rate is None else format(rate[0], '.1%'):>8}" for rate in rates)
        amounts = f"{money(counts.revenue, 0, currency):>14}{money(counts.cost, 0, currency):>12}"
        lines.append(f"{f'{message} / {channel}':<36}{counts.sent:>8,}{told}{amounts}")
    return lines
