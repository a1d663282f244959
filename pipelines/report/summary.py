"""Summary of the report: one paragraph and four figures, with next steps."""

from __future__ import annotations

from otokui.domain import Label, Status
from pipelines.report.view_model import DecisionSummary, ReportInput
from pipelines.report.wording.numbers import Formats
from pipelines.report.wording.translations import Words


def summary(report: ReportInput, words: Words, formats: Formats) -> list[str]:
    """Return the sentences of the paragraph; what is not known has no sentence."""
    sentences = [*_of_base(report, words, formats), *_of_decisions(report, words, formats)]
    if report.models:
        newest = max(line.trained_through for line in report.models)
        sentences.append(
            words(
                "{count} models predict what each customer will do; they learnt from records through {date}.",
                count=len(report.models),
                date=formats.date(newest),
            )
        )
    if report.untrained:
        names = [words.label(Label(name))[0] if name in set(Label) else name for name in report.untrained]
        sentences.append(words("Not predicted yet: {labels}.", labels=words.listed(names)))
    return sentences if sentences and (report.base or report.decided or report.models) else [words("There is nothing on record yet.")]


def tiles(report: ReportInput, words: Words, formats: Formats) -> list[tuple[str, str, str]]:
    """Return (figure, what it is, a note) for the figures that are known."""
    made = []
    base, decided = report.base, report.decided
    if base is not None:
        made.append(
            (
                formats.number(base.customers),
                words("customers"),
                words("{active} bought in the last 90 days", active=formats.number(base.active_90_days)),
            )
        )
        if base.second_share is not None:
            made.append(
                (
                    formats.share(base.second_share),
                    words("come back for a second purchase"),
                    words("within {days} days of the first", days=base.second_within_days),
                )
            )
        if base.decile_shares:
            note = words("{share} of customers bring 80%", share=formats.share(base.customers_for_80_percent))
            made.append((formats.share(base.decile_shares[0]), words("of the money from the best tenth"), note))
    if decided is not None:
        note = words("worth about {value} after costs", value=formats.money(decided.expected_value))
        made.append((formats.number(decided.statuses.get(Status.CONTACT, 0)), words("customers to contact now"), note))
    return made


def _of_base(report: ReportInput, words: Words, formats: Formats) -> list[str]:
    base = report.base
    if base is None:
        return []
    active, date = formats.number(base.active_90_days), formats.date(base.last_at)
    sentences = [
        words(
            "{shop} knows {customers} customers, of whom {active} bought in the last 90 days before {date}.",
            shop=report.shop,
            customers=formats.number(base.customers),
            active=active,
            date=date,
        )
    ]
    if base.second_share is not None and base.steps and base.steps[0].median_days is not None:
        share, median = formats.share(base.second_share), formats.days(base.steps[0].median_days)
        sentences.append(
            words(
                "{share} of first-time buyers come back within {days} days; who comes back usually does so after {median} days.",
                share=share,
                days=base.second_within_days,
                median=median,
            )
        )
    if base.decile_shares:
        sentences.append(words("The best tenth of customers brings {share} of the money.", share=formats.share(base.decile_shares[0])))
    return sentences


def _of_decisions(report: ReportInput, words: Words, formats: Formats) -> list[str]:
    decided = report.decided
    if decided is None:
        return [words("No decisions have been made yet.")]
    sentences = []
    contacts = decided.statuses.get(Status.CONTACT, 0)
    if contacts and decided.sent:
        message, channel = max(decided.sent, key=lambda pair: (decided.sent[pair], pair))
        titles = [words.translated(report.titles.get(name, name)) for name in (message, channel)]
        share, value = formats.share(contacts / decided.customers), formats.money(decided.expected_value)
        sentences.append(
            words(
                "Now it is worth contacting {contacts} customers ({share} of all), most of them with “{message}” over {channel}; "
                "together that should bring about {value} after costs.",
                contacts=formats.number(contacts),
                share=share,
                message=titles[0],
                channel=titles[1],
                value=value,
            )
        )
    else:
        sentences.append(words("Nobody is worth contacting now, and that is an answer too."))
    return sentences + _of_silence(decided, words, formats)


def _of_silence(decided: DecisionSummary, words: Words, formats: Formats) -> list[str]:
    suppressed = decided.statuses.get(Status.SUPPRESSED, 0)
    if suppressed == 0 or not decided.left_alone:
        return []
    _, why, _ = decided.left_alone[0]
    rule = words.within(words.translated(why))
    unworthy, control = decided.statuses.get(Status.NO_CONTACT, 0), decided.statuses.get(Status.CONTROL, 0)
    figures = {name: formats.number(count) for name, count in (("suppressed", suppressed), ("unworthy", unworthy), ("control", control))}
    return [
        words(
            "{suppressed} customers are left alone because a rule says so (most often: {rule}), {unworthy} because no contact would pay, "
            "and {control} so that the effect can be measured.",
            rule=rule,
            **figures,
        )
    ]
