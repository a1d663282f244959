"""The page itself: figures in, one self-contained HTML text out. It computes nothing but the words around them.

Everything lies in the text (styles, drawings, pictures), so that it can be mailed, archived and opened on a
phone without a network. Whatever comes from records is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from analysis.customer_base import CustomerBase
from otokui.domain import Instant, Label, Status
from otokui.wording.i18n import N_, checked, in_language
from pipelines.report import chart_kinds
from pipelines.report.results_section import VERDICTS, week_chart
from pipelines.report.summary import summary, tiles
from pipelines.report.view_model import DecisionSummary, ModelLine, ReportInput
from pipelines.report.wording.metrics import by_horizon, ranked_right
from pipelines.report.wording.numbers import Formats
from pipelines.report.wording.translations import Words

PARTS = {
    "data": N_("The data"),
    "base": N_("The customers"),
    "outlook": N_("What lies ahead"),
    "models": N_("The models"),
    "decisions": N_("The decisions"),
    "results": N_("What contacts earned"),
}
UNITS = {"orders": N_("orders"), "revenue": N_("revenue")}
_HERE = Path(__file__).parent / "templates"
STYLE: Final = Markup((_HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704  our own file
"""Style sheet of every page that the product writes."""


def templates(formats: Formats) -> Environment:
    """Return the templates of pages, with the formats as filters."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=select_autoescape(enabled_extensions=("j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= formats.filters()
    return environment


def render(report: ReportInput, language: str = "en") -> str:
    """Return the page as HTML.

    Raises:
        BadInput: the language has no catalogue.
    """
    checked(language)
    words, formats = Words(language), Formats(language, report.currency, report.timezone)
    return (
        templates(formats)
        .get_template("page.html.j2")
        .render(
            report=report,
            words=words,
            style=STYLE,
            summary=summary(report, words, formats),
            tiles=tiles(report, words, formats),
            through=_through(report),
            drawings=_drawings(report, words, formats),
            funnel=_funnel(report.decided, words),
            sent=_sent(report.decided),
            by_horizon=by_horizon,
            ranked_right=ranked_right,
            title=lambda name: _title(report, name, language),
            parts=PARTS,
            units=UNITS,
            verdicts=VERDICTS,
            label_name=lambda name: words.label(Label(name))[0] if name in set(Label) else name,
        )
    )


def _title(report: ReportInput, name: str, language: str) -> str:
    return in_language(report.titles.get(name, name), language)


def _through(report: ReportInput) -> Instant | None:
    known = [line.last_known_at for line in report.tables if line.last_known_at is not None]
    return max(known) if known else (report.base.last_at if report.base else None)


def _drawings(report: ReportInput, words: Words, formats: Formats) -> dict[str, Any]:
    drawn: dict[str, Any] = {"models": {line.label: _of_model(line, words, formats) for line in report.models}}
    if report.base is not None:
        drawn |= _of_base(report.base, words, formats)
    if report.results is not None:
        drawn["weeks"] = week_chart(report.results, words, formats)
    if report.decided is not None:
        hours = [str(hour) for hour in range(24)]
        sent: list[tuple[str, Sequence[float]]] = [(words("contacts"), report.decided.hours)]
        drawn["hours"] = chart_kinds.columns(words("At which hour"), hours, sent, show=formats.short, x_title=words("local hour"))
        days = [day[5:] for day, _ in report.decided.days]
        by_day: list[tuple[str, Sequence[float]]] = [(words("contacts"), [count for _, count in report.decided.days])]
        drawn["days"] = chart_kinds.columns(words("On which day"), days, by_day, show=formats.short)
    return drawn


def _of_base(base: CustomerBase, words: Words, formats: Formats) -> dict[str, Markup]:
    months: list[tuple[str, Sequence[float]]] = [
        (words("repeat purchase"), [m.repeat_purchases for m in base.months]),
        (words("first purchase"), [m.first_purchases for m in base.months]),
    ]
    gaps: list[tuple[str, Sequence[float]]] = [(words("Days between purchases"), [count for _, count in base.gap_bins])]
    return {
        "months": chart_kinds.columns(words("Purchases by month"), [m.month[2:] for m in base.months], months, show=formats.short),
        "gaps": chart_kinds.columns(
            words("Days between purchases"), [label for label, _ in base.gap_bins], gaps, show=formats.short, x_title=words("days")
        ),
        "pareto": chart_kinds.curve(
            words("Who brings the money"),
            base.curve,
            show=formats.share,
            x_title=words("share of customers"),
            y_title=words("share of money"),
            at=(base.customers_for_80_percent, 0.8),
        ),
    }


def _of_model(line: ModelLine, words: Words, formats: Formats) -> dict[str, Any]:
    fifth = min(line.gain, key=lambda point: abs(point[0] - 0.2), default=None)
    share = formats.share
    drawn = {"reliability": Markup(), "gain": Markup()}
    if line.reliability:
        drawn["reliability"] = chart_kinds.reliability(
            words("Does 30% mean 30%?"),
            line.reliability,
            show=share,
            count=formats.number,
            x_title=words("predicted chance, against what happened"),
        )
    if line.gain:
        drawn["gain"] = chart_kinds.curve(
            words("How many are found by asking few?"),
            line.gain,
            show=share,
            x_title=words("share of customers, likeliest first"),
            y_title=words("share of those who did it"),
            at=fifth,
        )
    # A picture of what is drawn here already would be said twice.
    drawn_here = {kind for kind, drawing in drawn.items() if drawing} | ({"importance"} if line.importances else set())
    kinds = {name: Path(name).stem.removeprefix(f"{line.label}_") for name in sorted(line.plots)}
    shown = [
        (words.plot(kind), chart_kinds.picture(words.plot(kind), line.plots[name]))
        for name, kind in kinds.items()
        if kind not in drawn_here
    ]
    return drawn | {"plots": shown}


def _funnel(decided: DecisionSummary | None, words: Words) -> list[tuple[str, int]]:
    """From everybody to those who are contacted: each step takes away one status."""
    if decided is None:
        return []
    left = decided.customers
    steps = [(words("everybody on record"), left)]
    for status, step in (
        (Status.ERROR, N_("could be decided about")),
        (Status.SUPPRESSED, N_("no rule forbids it")),
        (Status.NO_CONTACT, N_("something is worth sending")),
        (Status.CONTROL, N_("not in a control group: contact")),
    ):
        left -= decided.statuses.get(status, 0)
        if status is not Status.ERROR or decided.statuses.get(status):
            steps.append((words.known(step), left))
    return steps


def _sent(decided: DecisionSummary | None) -> dict[str, Any]:
    """Messages as rows, channels as columns, the commonest first."""
    sent = {} if decided is None else decided.sent
    by_channel: dict[str, int] = {}
    by_message: dict[str, int] = {}
    for (message, channel), count in sent.items():
        by_channel[channel] = by_channel.get(channel, 0) + count
        by_message[message] = by_message.get(message, 0) + count
    channels = sorted(by_channel, key=lambda name: (-by_channel[name], name))
    messages = sorted(by_message, key=lambda name: (-by_message[name], name))
    return {
        "channels": channels,
        "rows": [(message, [sent.get((message, channel), 0) for channel in channels], by_message[message]) for message in messages],
        "most": max(sent.values(), default=1),
    }
