"""Lists for a CRM team: drivers of loyalty, missing drivers, churn signals.

::

    FOLDER/loyal_factors.csv   what customers who are loyal share: share among them and among the rest
    FOLDER/lacking_one.csv     a row for each customer who is not loyal yet: the one missing factor to ask for
    FOLDER/churn_omens.csv     what customers who are likely to leave share
    FOLDER/leaving.csv         a row for each customer who bought: chance of leaving, and the churn signals they show
    FOLDER/factors.json        all of it but the rows of customers: what the report shows

The files of customers open in a spreadsheet as they are (UTF-8 with its mark, so that Excel reads Japanese).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from adapters.files.atomic_files import replace_text
from analysis.base_drivers import CHANGES, ScoredBase, churn_drivers, loyalty_drivers
from analysis.drivers import Driver, Lacking
from otokui.domain import Instant, Label, show_instant
from otokui.frames import Batch
from otokui.settings.settings import Settings
from otokui.wording.counting import counted
from otokui.wording.i18n import N_, NP_, gettext, paired, pgettext
from pipelines.report.forecast_section import ASK
from pipelines.report.wording.column_names import Columns
from pipelines.report.wording.driver_names import says
from pipelines.report.wording.numbers import Formats
from scoring.model_files.loader import Model, ModelSet
from scoring.model_files.shortage import sentence

FILE_NAME = "factors.json"
OMENS_SHOWN = 3
FORMULA = frozenset("=+@")
NO_TREES = NP_("kept", "the model kept no tree: too little is on record to tell customers apart beyond their own rhythm")
TOO_FEW = NP_("kept", "fewer than 50 customers, or none that differ: nothing is shared that could be told from chance")
NO_MODEL = NP_("kept", "no model of {label} is live: `otokui train` says why")


@dataclass(frozen=True, slots=True)
class DriverReport:
    """Drivers of one label with rows of customers, or the reason for none."""

    factors: tuple[Driver, ...]
    why_none: str
    rows: Sequence[Sequence[str]]
    header: Sequence[str]


def loyalty_report(base: ScoredBase, model: Model, settings: Settings) -> DriverReport:
    """Return drivers of loyalty, and customers who lack one of them.

    Only one that a contact could ask for.
    """
    drivers = loyalty_drivers(base, model)
    header = ("customer_id", "chance_now", "chance_with_it", "ask", "ask_ja", "feature", "has_now", "needed", "factors_missing", "of")
    return DriverReport(
        drivers.factors, _why_none(model, drivers.factors), _candidate_rows(drivers.lacking, base.vectors, settings), header
    )


def churn_report(base: ScoredBase, model: Model, settings: Settings) -> DriverReport:
    """Return churn signals of customers likely to leave, and which each customer shows."""
    drivers = churn_drivers(base, model)
    both, columns = _formats(settings), Columns(settings.records.attributes)
    out = []
    for customer_id, chance, shows in zip(drivers.customer_ids, drivers.chance, drivers.shows, strict=True):
        omens = [factor for factor, has in zip(drivers.factors, shows, strict=True) if has][:OMENS_SHOWN]
        words = tuple(paired(gettext("{first}; {second}", f.language), [says(o, f, columns) for o in omens]) if omens else "" for f in both)
        out.append((str(customer_id), f"{chance:.4f}", str(int(shows.sum())), *words))
    header = ("customer_id", "churn_probability", "omens", "strongest", "strongest_ja")
    return DriverReport(drivers.factors, _why_none(model, drivers.factors), out, header)


def _candidate_rows(missing: Lacking, vectors: Batch, settings: Settings) -> list[tuple[str, ...]]:
    (english, _), columns = _formats(settings), Columns(settings.records.attributes)
    out: list[tuple[str, ...]] = []
    for k, row in enumerate(missing.rows):
        factor = missing.factors[missing.factor[k]]
        change, value = CHANGES[factor.feature], float(missing.value[k])
        out.append(
            (
                str(vectors.customer_ids[row]),
                f"{missing.chance[k]:.4f}",
                f"{missing.chance_with[k]:.4f}",
                change.ask,
                pgettext(ASK, change.ask, "ja"),
                factor.feature,
                columns.value(factor.feature, value, english) if np.isfinite(value) else "",
                columns.value(factor.feature, factor.threshold, english),
                str(missing.missing[k]),
                str(len(missing.factors)),
            )
        )
    return out


def _why_none(model: Model, factors: Sequence[Driver]) -> str:
    return "" if factors else NO_TREES if model.manifest.best_iteration == 0 else TOO_FEW


def _formats(settings: Settings) -> tuple[Formats, Formats]:
    shop = settings.shop
    return Formats("en", shop.currency, shop.timezone), Formats("ja", shop.currency, shop.timezone)


def factor_rows(factors: Sequence[Driver], settings: Settings) -> list[dict[str, Any]]:
    """Return drivers as rows in both languages, with threshold and shares of customers.

    For programs and for the report.
    """
    (english, japanese), columns = _formats(settings), Columns(settings.records.attributes)
    return [
        {
            "feature": factor.feature,
            "called": columns.called(factor.feature),
            "en": says(factor, english, columns),
            "ja": says(factor, japanese, columns),
            "side": str(factor.side),
            "threshold": None if np.isnan(factor.threshold) else factor.threshold,
            "push_log_odds": factor.push,
            "share_of_push": factor.share_of_push,
            "among": factor.among,
            "elsewhere": factor.elsewhere,
            "ask": CHANGES[factor.feature].ask if factor.feature in CHANGES else None,
            "ask_ja": pgettext(ASK, CHANGES[factor.feature].ask, "ja") if factor.feature in CHANGES else None,
        }
        for factor in factors
    ]


def tell(base: ScoredBase, models: ModelSet, settings: Settings, *, as_of: Instant, out: Path) -> dict[str, Any]:
    """Write the lists and return the content of ``factors.json``.

    A label without a model has its reason there and no file.
    """
    out.mkdir(parents=True, exist_ok=True)
    report: dict[str, Any] = {
        "as_of": show_instant(as_of, settings.shop.timezone),
        "as_of_seconds": int(as_of),
        "customers": len(base.vectors),
    }
    for label, make, shared, people in (
        (Label.FUTURE_LOYAL, loyalty_report, "loyal_factors.csv", "lacking_one.csv"),
        (Label.CHURN, churn_report, "churn_omens.csv", "leaving.csv"),
    ):
        model = models.models.get(label)
        if model is None:
            unknown = NO_MODEL.format(label=label)
            why = sentence([label], models.unavailable[label]) if label in models.unavailable else unknown
            report[str(label)] = {"factors": [], "why_none": why, "customers": 0}
            continue
        part = make(base, model, settings)
        factors = factor_rows(part.factors, settings)
        report[str(label)] = {"factors": factors, "why_none": part.why_none, "customers": len(part.rows), "file": people}
        if label is Label.FUTURE_LOYAL:
            report[str(label)]["loyal_now"] = int(base.loyal.sum())
            report[str(label)]["asks"] = _counted(part.rows)
        columns = list(factors[0]) if factors else ["feature"]
        _csv(out / shared, columns, [["" if row[c] is None else row[c] for c in columns] for row in factors])
        _csv(out / people, part.header, part.rows)
    replace_text(out / FILE_NAME, json.dumps(report, ensure_ascii=False, indent=1))
    return report


def _counted(rows: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Return by what is to be asked: of how many, in the order of how many."""
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        counts[row[3], row[4]] = counts.get((row[3], row[4]), 0) + 1
    return [{"ask": en, "ask_ja": ja, "customers": many} for (en, ja), many in sorted(counts.items(), key=lambda pair: -pair[1])]


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    # An id that begins like a formula must not be one when a spreadsheet opens the file.
    writer.writerows([[f"'{cell}" if str(cell)[:1] in FORMULA else cell for cell in row] for row in rows])
    replace_text(path, text.getvalue(), encoding="utf-8-sig")


def text(report: Mapping[str, Any], out: Path) -> str:
    """Return what was found for a person, both languages."""
    lines = [f"{counted(report['customers'], 'customer')} as of {report['as_of']}, in {out}"]
    for label, title in (("future_loyal", N_("what loyal customers share")), ("churn", N_("omens of leaving"))):
        part = report[label]
        lines += ["", f"{title} / {gettext(title, 'ja')}  (among them, elsewhere)"]
        lines += [f"  {f['among']:>4.0%} {f['elsewhere']:>4.0%}  {f['en']}  ({f['ja']})" for f in part["factors"]]
        lines += [f"  none: {part['why_none']}"] if part["why_none"] else []
        lines += [f"  ask {counted(row['customers'], 'customer')}: {row['ask']}  ({row['ask_ja']})" for row in part.get("asks", [])]
    return "\n".join(lines)
