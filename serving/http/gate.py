"""Gate of the HTTP calls: caller, permission and line in the audit log.

It says who calls and whether the call is permitted. A protocol, so that ``serving.http`` knows neither keys nor databases;
``serving.access`` implements it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from otokui.identity.roles import Role
from serving.http.problems import Refused


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and from where.

    who: id of the API key, ``open`` where none is asked for, '' where nobody was recognised. role: None for ``open`` and ''.
    """

    who: str
    role: Role | None
    address: str


NOBODY: Final = Caller("", None, "")


class Denied(Refused):
    """Error of a call that is refused for its caller: 401, 403 or 429.

    It holds the caller as far as known.
    """

    def __init__(self, status: int, detail: str, fix: str, *, code: str, caller: Caller, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, fix, code=code)
        self.caller = caller
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """End of a call: its status and its number of customers.

    They are the customers that its reply or its change concerns.
    """

    status: int
    customers: int


class Gate(Protocol):
    """Decides who may call, before the body is read, and records how the call ended."""

    def admit(self, name: str, roles: frozenset[Role] | None, headers: Mapping[bytes, bytes], scope: Mapping[str, Any]) -> Caller:
        """Return the caller of the call ``name``.

        roles: those that may use it. None: everybody may, without a key.

        Raises:
            Denied: 401 no valid key, 403 not permitted, 429 too many calls of this key.
        """
        ...

    async def record(self, name: str, caller: Caller, outcome: CallOutcome, *, at_once: bool) -> None:
        """Record a call; ``at_once``: durably before this returns, otherwise in the line of its minute.

        Raises:
            OtokuiError: the audit log cannot be written.
        """
        ...
