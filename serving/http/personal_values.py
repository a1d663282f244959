"""Personal data among the values that callers send.

It is refused in ids, and never repeated in a refusal. An id that is an e-mail address or a phone number names a person to everybody who
reads a log, a database or a backup. The detectors are ``adapters.personal``'s, given in by the wiring.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from serving.http.problems import Problem, Refused

HIDDEN: Final = "[hidden]"
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_SUSPECT: Final = re.compile(r"[^\x00-\x7f]|@|\+\d|\d[-(). ]+\d")
"""Ids without any of these need no closer look: nearly all of them, in a fraction of a microsecond."""


@dataclass(frozen=True, slots=True)
class PersonalValues:
    """What counts as personal data in a value.

    identifies: whether an id is an e-mail address or a phone number; may_be_shown: whether a value may be repeated to its sender.
    """

    identifies: Callable[[str], bool]
    may_be_shown: Callable[[str], bool]

    def refuse(self, values: Iterable[tuple[str, str]]) -> None:
        """Refuse ids that name a person: pairs of a field's path and the id.

        Raises:
            Refused: 422, with the path and without the id.
        """
        for field, value in values:
            if _SUSPECT.search(value) and self.identifies(value):
                raise Refused(
                    422,
                    "an id is an e-mail address or a phone number",
                    "send pseudonymous ids; docs/how-to/bring-your-data.md shows how to make them",
                    code="personal-data",
                    field=field,
                )

    def hide(self, problem: Problem, path: str) -> tuple[Problem, str]:
        """Return a problem and the path that was called, without personal data."""
        texts = {name: self._hidden(getattr(problem, name)) for name in ("detail", "fix", "field")}
        shown = "/".join(part if not part or self.may_be_shown(part) else HIDDEN for part in path.split("/"))
        return msgspec.structs.replace(problem, **texts), shown

    def _hidden(self, text: str) -> str:
        def quoted(match: re.Match[str]) -> str:
            value = match[0]
            return value if self.may_be_shown(value[1:-1]) else f"{value[0]}{HIDDEN}{value[-1]}"

        shown = _QUOTED.sub(quoted, text)
        return shown if not self.identifies(shown) else HIDDEN
