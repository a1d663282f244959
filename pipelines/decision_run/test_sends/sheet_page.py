"""Test-send sheet as one self-contained HTML page, to be printed, mailed and signed."""

from __future__ import annotations

from itertools import groupby

from pipelines.decision_run.test_sends.checklist import CHECKLIST
from pipelines.decision_run.test_sends.sheet import SendSheet
from pipelines.report.page import STYLE, templates
from pipelines.report.wording.translations import Words


def render_sheet(sheet: SendSheet) -> str:
    """Return the page as HTML.

    It loads nothing, and whatever comes from records or settings is escaped.

    Raises:
        BadInput: the language of the sheet has no catalogue.
    """
    groups = [list(group) for _, group in groupby(sheet.sends, key=lambda send: send.customer_id)]
    return (
        templates(sheet.formats)
        .get_template("test_send.html.j2")
        .render(
            sheet=sheet,
            words=Words(sheet.language),
            style=STYLE,
            groups=groups,
            checklist=CHECKLIST,
        )
    )
