"""Classification of database errors: an outage, or a value that it cannot store.

An outage stops all contacts, by design. A value that cannot be stored is one caller's mistake; as an outage it would stop the
contacts of every request in the same micro-batch.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from otokui.errors import BadInput, OtokuiError, Unavailable

_OF_INPUT: Final = ("22", "23", "54")
"""Classes of SQLSTATE: data exceptions, integrity violations, and limits that one row exceeds (an index entry too long)."""

_OF_BINDING: Final = ("error binding parameter", "cannot adapt", "type 'object' is not supported")


def of_input(error: Exception) -> bool:
    """Return whether an error was caused by the statement's values, not by an outage."""
    if isinstance(error, UnicodeError | OverflowError | DataError | IntegrityError):
        return True
    if not isinstance(error, DBAPIError):
        return isinstance(error, StatementError)  # the driver could not convert the values
    cause = error.orig
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state)[:2] in _OF_INPUT
    return any(words in str(cause).lower() for words in _OF_BINDING)


def translated(error: Exception) -> OtokuiError:
    """Translate a database error; a value is never repeated in it."""
    if of_input(error):
        return BadInput(
            f"the ledger cannot keep a value ({type(error).__name__})",
            fix="send printable texts and numbers within 64 bits, no value empty",
        )
    reason = str(getattr(error, "orig", None) or error).splitlines()[0][:200]
    return Unavailable(
        f"the ledger cannot be used ({type(error).__name__}: {reason})",
        fix="check [stores] ledger_url, the disk and the database; nothing is contacted until it answers",
    )
