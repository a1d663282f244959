"""Verbs around the service: report and serve, the work list of people, webhooks out."""

from pipelines.cli.service import report_and_serve, webhook_verbs, work_list_verbs

__all__ = ["report_and_serve", "webhook_verbs", "work_list_verbs"]
