"""Report on a shop, as one page: data, customers, models, decisions.

Gathering (files in, figures out) and rendering (figures in, HTML out) meet only in ``ReportInput``.
"""

from __future__ import annotations

from pipelines.report.build import gather, write
from pipelines.report.page import render
from pipelines.report.view_model import ReportInput

__all__ = ["ReportInput", "gather", "render", "write"]
