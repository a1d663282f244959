"""``python -m pipelines.cli`` is ``otokui``."""

from pipelines.cli import app

app()
