"""docs/reference/errors.md: every way of failing, with its exit code and its HTTP status."""

from __future__ import annotations

from collections.abc import Iterator

from otokui.errors import OtokuiError
from tools.reference.page import code, page, sentence, table


def render() -> str:
    """Return the page."""
    return page(
        "Errors",
        "`otokui/errors.py`",
        "Every error says what happened, what was expected, and what to do. The command line prints the two and ends with the exit code; "
        "the service answers with an RFC 9457 problem document (`type`, `title`, `detail`, `fix`, `instance`).",
        table(
            ("error", "exit code", "HTTP status", "when"),
            (
                (f"{'↳ ' * depth}{code(each.__name__)}", each.exit_code, each.http_status, sentence(each.__doc__))
                for each, depth in _tree(OtokuiError, 0)
            ),
        ),
        "Exit code 0 is success. Exit code 2 is also what a misspelt option gives. Any other error is a mistake of ours: it ends with exit "
        "code 1 and a traceback, and belongs into an issue.",
    )


def _tree(error: type[OtokuiError], depth: int) -> Iterator[tuple[type[OtokuiError], int]]:
    yield error, depth
    for child in error.__subclasses__():
        if child.__module__ == OtokuiError.__module__:
            yield from _tree(child, depth + 1)
