"""The command line: one verb, one pipeline. Results go to stdout (``--json`` for programs), logs to stderr.

Nothing is computed here: an error becomes its exit code, a result becomes text, and that is all. The verbs stand in
one file for each kind of work; importing them here is what makes them known. What a verb calls is imported inside it, so that
``--help`` waits for no library of models or tables.
"""

from collections.abc import Iterator
from typing import Any, Final

import typer.main

from pipelines.cli import access, customers, decisions, ingestion, measurement, models, service, simulation
from pipelines.cli.common import app

__all__ = ["access", "app", "commands", "customers", "decisions", "ingestion", "measurement", "models", "service", "simulation"]

ORDER: Final = (
    *("init", "ingest", "sync", "doctor", "summarise", "materialise"),
    *("train", "tune", "evaluate", "promote"),
    *("predict", "forecast", "factors"),
    *("decide", "run-jobs", "explain", "test-send", "replay", "evaluate-policy"),
    *("measure", "report", "serve"),
    *("pause", "resume", "disclose", "erase", "rotate-master-key"),
    *("simulate", "demo"),
)
"""The verbs as `--help` lists them: in the order in which a shop comes to need them."""

app.registered_commands.sort(key=lambda command: ORDER.index(str(command.name)))


def commands(root: typer.Typer = app) -> Iterator[tuple[str, Any]]:
    """Yield every verb with its Click command; grouped verbs (`key create`) by both words."""
    group: Any = typer.main.get_command(root)
    for name, command in group.commands.items():
        for below, one in getattr(command, "commands", {"": command}).items():
            yield f"{name} {below}".strip(), one
