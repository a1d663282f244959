"""Logging on stderr: events in the past tense, without customer data.

Only the hashed id may be logged. Pure functions return and do not log; pipelines, adapters and serving do.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


def configure(*, json_lines: bool = False, level: int = logging.INFO) -> None:
    """Configure logging to stderr, for people or (``json_lines``) for programs."""
    # A plain traceback: the default one shows local variables, and with them customers.
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=28, exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each line, not once: a test or a notebook that redirects stderr later still gets the lines.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@contextmanager
def run(name: str, **bound: object) -> Iterator[None]:
    """Bind a run's name and arguments to its log lines; log its duration."""
    began = time.perf_counter()
    with structlog.contextvars.bound_contextvars(run=name, **bound):
        yield
        log.info("run_finished", seconds=round(time.perf_counter() - began, 2))


def hashed(customer_id: str) -> str:
    """Return a short one-way hash of a customer id.

    It is the only form of the id that may be in a log.
    """
    return hashlib.blake2b(customer_id.encode(), digest_size=6).hexdigest()
