"""The sheet as a page: self-contained, escaped, and with room to sign."""

from __future__ import annotations

import re

import pytest

from otokui.errors import BadInput
from pipelines.decision_run.test_sends.checklist import CHECKLIST
from pipelines.decision_run.test_sends.sheet_page import render_sheet
from tests.unit.pipelines.decision_run.test_sends.test_sheet import sheet


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_loads_nothing_and_holds_every_line(language: str) -> None:
    """It is mailed and printed; whatever the terminal says stands there too."""
    made = sheet(language, reasons=())
    page = render_sheet(made)

    assert f'<html lang="{language}">' in page
    assert not re.search(r"(src|href)=|url\(|@import|<script", page)
    assert all(value in page for _, values in made.lines(made.sends[0]) for value in values)
    assert page.count("☐") == 2 * len(CHECKLIST)


def test_what_comes_from_records_is_escaped() -> None:
    """A product or a content reference may hold anything."""
    page = render_sheet(sheet(content="<script>alert(1)</script>"))

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_language_without_a_catalogue_is_refused() -> None:
    """Never a page half in English."""
    with pytest.raises(BadInput, match="catalogue"):
        render_sheet(sheet("xx"))
