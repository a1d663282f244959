"""Results section of the report, read from what `otokui measure` stored.

None where nothing was measured by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from adapters.shop_files.results_file import read_results
from measurement.results.lift_interval import FigureVerdict
from otokui.domain import Instant
from otokui.wording.i18n import N_
from pipelines.report import chart_kinds
from pipelines.report.wording.numbers import Formats
from pipelines.report.wording.translations import Words

VERDICTS: Final = {
    FigureVerdict.TOO_FEW: N_("too few customers to tell"),
    FigureVerdict.NOT_RIPE: N_("response days not over yet"),
    FigureVerdict.MISMATCH: N_("not told: the groups are not of the sizes that were drawn"),
}
SPLIT: Final = {
    "messages": N_("Contacts at random against none"),
    "choosing": N_("Contacts chosen by value against contacts at random"),
    "beyond_usual": N_("Contacts chosen by value against the usual message"),
}
DIMENSIONS: Final = {
    "by_scenario": N_("By scenario"),
    "by_message": N_("By message"),
    "by_channel": N_("By channel"),
    "by_state": N_("By customer state at the begin"),
}


@dataclass(frozen=True, slots=True)
class ResultLine:
    """Lift of one scenario, message, channel, state or week, in money per customer.

    None where it is not told.
    """

    name: str
    difference: float | None
    low: float | None
    high: float | None
    treated: int
    control: int
    verdict: FigureVerdict
    detectable: float | None

    @property
    def sign(self) -> int:
        """1 where the whole interval lies above zero, -1 where it lies below, else 0."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0.0 else -1 if self.high < 0.0 else 0


@dataclass(frozen=True, slots=True)
class FunnelLine:
    """Funnel of one message over one channel: rates by step with 95% intervals.

    None where nothing can be divided.
    """

    message: str
    channel: str
    sent: int
    rates: Mapping[str, tuple[float, float, float] | None]
    revenue: float
    cost: float


@dataclass(frozen=True, slots=True)
class ResultsSection:
    """Measured results of one period. total: money of all treated customers with its interval, None where it is not told."""

    since: Instant
    until: Instant
    customers: int
    total: tuple[float, float, float] | None
    overall: ResultLine
    orders: float | None
    cost: float
    split: Mapping[str, ResultLine]
    tables: Mapping[str, Sequence[ResultLine]]
    weeks: Sequence[ResultLine]
    funnel: Sequence[FunnelLine]
    unripe: int
    contaminated: int


def results_of(path: Path, as_of: Instant) -> ResultsSection | None:
    """Return the kept results if their period ended by ``as_of``."""
    kept = read_results(path)
    if kept is None or kept["until"] > as_of:
        return None
    overall, total = kept["overall"], kept["overall"]["total_money"]
    return ResultsSection(
        Instant(kept["since"]),
        Instant(kept["until"]),
        kept["customers"],
        None if total is None else (total["value"], total["low"], total["high"]),
        _line("", overall),
        None if overall["orders"]["difference"] is None else overall["orders"]["difference"] * overall["orders"]["treated"],
        kept["cost"],
        {SPLIT[name]: _contrast_line("", made, None) for name, made in kept.get("split", {}).items()},
        {heading: [_line(name, made) for name, made in kept[key].items()] for key, heading in DIMENSIONS.items() if kept[key]},
        [_line(str(number + 1), made) for number, made in enumerate(kept["weeks"])],
        [_funnel_line(row) for row in kept["funnel"]],
        kept["unripe"],
        kept["contaminated"],
    )


def week_chart(section: ResultsSection, words: Words, formats: Formats) -> Markup:
    """Draw the lift of each week with its interval."""
    shown = [None if w.difference is None else (w.difference, w.low or 0.0, w.high or 0.0) for w in section.weeks]
    labels = [week.name for week in section.weeks]
    return chart_kinds.intervals(
        words("Money per customer against control, week by week"), labels, shown, show=formats.money, x_title=words("week")
    )


def _line(name: str, made: Mapping[str, Any]) -> ResultLine:
    return _contrast_line(name, made["money"], made["detectable_money"])


def _contrast_line(name: str, money: Mapping[str, Any], detectable: float | None) -> ResultLine:
    return ResultLine(
        name,
        money["difference"],
        money["low"],
        money["high"],
        money["treated"],
        money["control"],
        FigureVerdict(money["verdict"]),
        detectable,
    )


def _funnel_line(row: Mapping[str, Any]) -> FunnelLine:
    rates = {step: None if rate is None else (rate["value"], rate["low"], rate["high"]) for step, rate in row["rates"].items()}
    return FunnelLine(row["message_id"], row["channel"], row["sent"], rates, row["revenue"], row["cost"])
