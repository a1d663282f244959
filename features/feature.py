"""Feature declaration: one function per column of a vector.

Its name is the column, its arguments are its inputs. Unit, meaning of null and source are data, so that the catalogue page, the Feast
view and the contract tests are read from here and there is no second list of features to keep in step.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from otokui.frames import Floats

Definition = Callable[..., Any]
"""Takes float64 arrays (n,), families (k, n) and the two moments as floats; returns (n,) or one float for all."""

MOMENTS: Final = ("as_of", "local_offset_seconds")
"""Arguments that are not columns: the instant of the vector, and the shop's offset from UTC at that instant."""

_CUT: Final = re.compile(r" From: |[\n;:]|\. |, hashed")
_TAG: Final = re.compile(r" \([A-Z]+: [^)]*\)")
"""Method of a feature, as ``(CTB: C)``: part of the catalogue, not of a sentence."""


@dataclass(frozen=True, slots=True)
class Change:
    """Change of a feature that a contact could ask a customer for.

    up: more of it is the aim; ask: in English; the catalogues hold it in other languages (context ``ask``).
    """

    ask: str
    up: bool = True


@dataclass(frozen=True, slots=True)
class Feature:
    """Feature: one column of a vector, float64, NaN = null.

    inputs: summary columns, families of them (``purchase_at`` = ``purchase_at_1`` .. ``_8`` as a (k, n) array), shared values, or
    ``as_of`` (epoch seconds) and ``local_offset_seconds``; unit: of the number; null: the meaning of NaN; source: the records it comes
    from; says: the docstring; define: the function; change: what a contact could ask for to move it, None where no contact can (age,
    tenure).
    """

    name: str
    inputs: tuple[str, ...]
    unit: str
    null: str
    source: str
    says: str
    define: Callable[..., Floats]
    change: Change | None = None

    @property
    def called(self) -> str:
        """Return the name of the feature in sentences: the first words of ``says``."""
        first = _CUT.split(_TAG.sub("", self.says), maxsplit=1)[0].rstrip(". ")
        return first[:1].lower() + first[1:] if first[1:2].islower() else first


@dataclass(frozen=True, slots=True)
class SharedValue:
    """Shared value of several features, computed once per block; not a column."""

    name: str
    inputs: tuple[str, ...]
    says: str
    define: Callable[..., Floats]


def shared(define: Definition) -> SharedValue:
    """Declare a shared value by a function with the inputs of a feature."""
    return SharedValue(define.__name__, _columns(define), inspect.cleandoc(define.__doc__ or ""), define)


def feature(*, unit: str, null: str, source: str, change: Change | None = None) -> Callable[[Definition], Feature]:
    """Declare a feature by a function, which stays callable as ``.define``.

    Raises:
        TypeError: the function has no docstring, or takes anything but named columns.
    """

    def declare(define: Definition) -> Feature:
        return Feature(define.__name__, _columns(define), unit, null, source, inspect.cleandoc(define.__doc__ or ""), define, change)

    return declare


def _columns(define: Definition) -> tuple[str, ...]:
    parameters = inspect.signature(define).parameters.values()
    if any(p.kind is not p.POSITIONAL_OR_KEYWORD or p.default is not p.empty for p in parameters):
        raise TypeError(f"{define.__name__!r} takes arguments that are not columns")
    if not define.__doc__:
        raise TypeError(f"{define.__name__!r} has no docstring to say what it is")
    return tuple(p.name for p in parameters)
