"""View model of the report: plain figures, with nothing left to compute.

Rendering takes these and nothing else, so that a page can be tested from ten lines of literals and a figure
can be wrong in one place only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis.customer_base import CustomerBase
from otokui.domain import Instant, Label
from otokui.wording.i18n import Translatable
from pipelines.report.forecast_section import ForecastSection
from pipelines.report.results_section import ResultsSection


@dataclass(frozen=True, slots=True)
class TableLine:
    """One table of records; instants are UTC seconds, None where there is none."""

    name: str
    rows: int
    first_at: Instant | None = None
    last_at: Instant | None = None
    last_known_at: Instant | None = None
    set_aside: int = 0


@dataclass(frozen=True, slots=True)
class DataQualityIssue:
    """Something wrong with the records, and what to do about it."""

    table: str
    rule: str
    rows: int
    says: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class ModelLine:
    """Model card: a trained model and its metrics on held-out cut-offs.

    by_cutoff: (cut-off, metrics); slices: (kind of customer, metrics); reliability: (predicted chance, observed share, rows); gain:
    (share of customers taken in the model's order, share of customers with the outcome among them); deciles: (days, (said, came true,
    customers) by tenth of customers), for each horizon; importances: (feature, what it is called, share of the total split gain); plots:
    name -> PNG; not_enough: what there was too little of, as a sentence; speaks: whether the model is live for more than to say so.
    """

    label: Label
    digest: str
    trained_through: Instant
    horizon_days: float
    cutoffs: Sequence[Instant]
    features: int
    trees: int
    tail: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    by_cutoff: Sequence[tuple[Instant, Mapping[str, float]]] = ()
    slices: Sequence[tuple[str, Mapping[str, float]]] = ()
    reliability: Sequence[tuple[float, float, int]] = ()
    gain: Sequence[tuple[float, float]] = ()
    deciles: Sequence[tuple[int, Sequence[tuple[float, float, int]]]] = ()
    importances: Sequence[tuple[str, Translatable | str, float]] = ()
    plots: Mapping[str, bytes] = field(default_factory=dict)
    not_enough: str = ""
    speaks: bool = True


@dataclass(frozen=True, slots=True)
class Story:
    """One customer: what was decided and why."""

    customer_id: str
    status: str
    state: str | None
    message_id: str | None
    channel: str | None
    send_at: Instant | None
    expected_value: float | None
    reasons: Sequence[Translatable | str]


@dataclass(frozen=True, slots=True)
class DecisionSummary:
    """One run over the whole base, counted.

    statuses, groups, states: customers by name; sent: (message, channel) -> contacts;
    left_alone: (rule or reason code, what it says, customers), a customer counted under each of its rules;
    hours: 24 counts of planned contacts by local hour; days: (local date, contacts).
    """

    as_of: Instant
    customers: int
    statuses: Mapping[str, int]
    groups: Mapping[str, int]
    states: Mapping[str, int]
    sent: Mapping[tuple[str, str], int]
    left_alone: Sequence[tuple[str, Translatable | str, int]]
    expected_value: float
    cost: float
    uplift_purchases: float
    explored: int
    hours: Sequence[int]
    days: Sequence[tuple[str, int]]
    stories: Sequence[Story]
    policy: str = ""


@dataclass(frozen=True, slots=True)
class ReportInput:
    """Input of the report; a part that is None is shown as a command.

    titles: name of a message or channel -> what people call it.
    untrained: label -> why there is no model.
    """

    shop: str
    currency: str
    timezone: str
    written_at: Instant
    tables: Sequence[TableLine] = ()
    findings: Sequence[DataQualityIssue] = ()
    base: CustomerBase | None = None
    models: Sequence[ModelLine] = ()
    untrained: Mapping[str, str] = field(default_factory=dict)
    decided: DecisionSummary | None = None
    titles: Mapping[str, Translatable | str] = field(default_factory=dict)
    outlook: ForecastSection = field(default_factory=ForecastSection)
    results: ResultsSection | None = None
