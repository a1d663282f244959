"""Catalogue of all features, in the order of a vector's columns.

Features are collected from the modules named here.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from functools import lru_cache
from types import ModuleType
from typing import Final

from features import anchored, arithmetic
from features.definitions import (
    attribute,
    basket_and_returns,
    behaviour,
    calendar,
    contact,
    contract_term,
    profile,
    purchase,
    purchase_gaps,
    time_and_place,
)
from features.feature import MOMENTS, Feature, SharedValue
from features.summaries.families import FAMILIES
from features.summaries.summary import SUMMARY

MODULES: Final[tuple[ModuleType, ...]] = (
    purchase,
    purchase_gaps,
    time_and_place,
    basket_and_returns,
    behaviour,
    contact,
    profile,
    attribute,
    contract_term,
    calendar,
)

CATALOGUE: Final[tuple[Feature, ...]] = tuple(
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, Feature) and value.define.__module__ == module.__name__
)
"""Every feature, in order of declaration."""

SHARED: Final[dict[str, SharedValue]] = {
    value.name: value for module in MODULES for value in vars(module).values() if isinstance(value, SharedValue)
}
"""Values that features share, each after those it takes itself."""

_NAMES: Final = tuple(feature.name for feature in CATALOGUE)

_EARLIER: Final = {
    "features.definitions.calendar": "features.calendar",
    "features.definitions.profile": "features.profile",
    "features.summaries.contract_facts": "features.summary_contract_term",
    "features.summaries.order_facts": "features.summary_order",
    "otokui.data_contract.tables": "otokui.contracts",
}
"""First names of moved modules, used in the fingerprint: a model trained before the move stays valid."""


def feature_names() -> tuple[str, ...]:
    """Return the columns of a vector, in order."""
    return _NAMES


def reads(feature: Feature | SharedValue) -> tuple[str, ...]:
    """Return the summary columns of a feature, each once.

    Families and shared values are resolved.
    """
    columns: dict[str, None] = {}
    for argument in feature.inputs:
        if argument in SHARED:
            columns |= dict.fromkeys(reads(SHARED[argument]))
        elif argument not in MOMENTS:
            columns |= dict.fromkeys(FAMILIES.get(argument, (argument,)))
    return tuple(columns)


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Return the SHA-256 of the feature definitions, which changes with any of them.

    It covers, in order, each feature's name, inputs, unit, null and the code of its module, the arithmetic they share, and each fact's
    name, rule and meaning. Comments, docstrings and layout of the code do not count, nor does the release of Python (``ast.unparse``,
    unlike ``ast.dump``, is the same across them).
    """
    digest = hashlib.sha256()
    for feature in CATALOGUE:
        digest.update("\0".join((feature.name, *feature.inputs, feature.unit, feature.null)).encode() + b"\1")
    for module in (anchored, arithmetic, *MODULES):
        digest.update(_code(inspect.getsource(module)).encode() + b"\2")
    for fact in SUMMARY:
        digest.update("\0".join((fact.name, fact.merge, fact.says)).encode() + b"\3")
    return digest.hexdigest()


def _code(source: str) -> str:
    tree = ast.parse(source)
    _by_earlier_names(tree)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A bare string among statements is a docstring, of a module, a function or a constant.
            node.body = [s for s in body if not _is_text(s)] or [ast.Pass()]  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            # ``change`` is only wording about a feature; a new wording must not invalidate every model.
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "change"]
    return ast.unparse(tree)


def _by_earlier_names(tree: ast.Module) -> None:
    """Restore the earlier names and order of imported modules, for the fingerprint.

    Models of older builds then stay valid.
    """
    ours = [s for s in tree.body if isinstance(s, ast.ImportFrom) and (s.module or "").startswith(("features.", "otokui."))]
    for statement in ours:
        statement.module = _EARLIER.get(statement.module or "", statement.module)
    places = [tree.body.index(statement) for statement in ours]
    for place, statement in zip(places, sorted(ours, key=lambda s: s.module or ""), strict=True):
        tree.body[place] = statement


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
