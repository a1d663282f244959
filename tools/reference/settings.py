"""docs/reference/settings.md: every key of otokui.toml with its default, its limits and its meaning."""

from __future__ import annotations

from typing import Any

import annotated_types
from pydantic.fields import FieldInfo

from otokui.settings.contacts.budget import Budget
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Condition, Message
from otokui.settings.definitions import LoyalRule
from otokui.settings.section import Section
from otokui.settings.service.webhooks import Webhook
from otokui.settings.settings import Settings
from tools.reference.page import code, page, sentence, table

_ROWS: tuple[tuple[str, type[Section]], ...] = (("[[channels]]", Channel), ("[[messages]]", Message), ("[[webhooks]]", Webhook))


def render() -> str:
    """Return the page."""
    sections = [
        section(f"[{name}]", field.annotation)
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    ]
    return page(
        "Settings",
        "`otokui/settings/settings.py` and the sections it is made of",
        "A shop's `otokui.toml` says what differs from the defaults; a key that is not listed here stops the start, with the file and the "
        "key in the message. Rows of `[[channels]]` and `[[messages]]` change the preset of the same name key by key, or add one "
        "([the presets](channels-and-messages.md)).",
        *sections,
        section("definitions.loyal", LoyalRule),
        section("decisions.budget", Budget),
        *(section(name, model) for name, model in _ROWS),
        section("messages.eligible", Condition),
    )


def section(name: str, model: type[Section]) -> str:
    """Return one section of a page of settings."""
    rows = (
        (code(key) + (" *" if field.is_required() else ""), code(_default(field)), _limits(field), field.description or "see below")
        for key, field in model.model_fields.items()
    )
    return f"## `{name}`\n\n{sentence(model.__doc__)}\n\n" + table(("key", "default", "limits", "what"), rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value: Any = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, Section):
        return ""
    if isinstance(value, tuple) and any(isinstance(each, Section) for each in value):
        return f"{len(value)} rows"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _limits(field: FieldInfo) -> str:
    limits = []
    for limit in field.metadata:
        if isinstance(limit, annotated_types.Ge):
            limits.append(f"≥ {limit.ge}")
        if isinstance(limit, annotated_types.Gt):
            limits.append(f"> {limit.gt}")
        if isinstance(limit, annotated_types.Le):
            limits.append(f"≤ {limit.le}")
        if isinstance(limit, annotated_types.MaxLen):
            limits.append(f"at most {limit.max_length}")
    options = getattr(field.annotation, "__members__", {})
    return ", ".join([*limits, *(code(option.value) for option in options.values())])
