"""docs/reference/channels-and-messages.md: what a shop can say and where, before it has edited anything."""

from __future__ import annotations

from decisions.constraints.constraints import CONSTRAINTS
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Condition, Message
from otokui.settings.settings import load
from tools.reference.page import code, page, table


def render() -> str:
    """Return the page."""
    presets = load()
    return page(
        "Channels and messages that come with it",
        "`otokui/settings/presets/` and `decisions/constraints/constraints.py`",
        "They work unedited. A shop changes a key by naming the row again in its own `otokui.toml`, switches a row off with "
        f"`enabled = false`, and adds rows as it likes ([settings](settings.md)). Money is in the currency of the presets "
        f"({presets.shop.currency}); `[decisions] cost_scale` converts it.",
        "## Channels",
        table(
            ("channel", "Japanese", "reach", "needs consent", "cost", "quiet", "cap", "capacity"),
            (
                (
                    f"{code(c.name)} {c.title}",
                    c.title_ja,
                    c.reach,
                    "yes" if c.needs_consent else "no",
                    f"{c.cost:g}",
                    "never" if c.quiet_from_hour == c.quiet_until_hour else f"{c.quiet_from_hour}:00–{c.quiet_until_hour}:00",
                    f"{c.cap} in {c.cap_days} days",
                    _capacity(c),
                )
                for c in presets.channels
            ),
        ),
        "## Messages",
        table(
            ("message", "Japanese", "scenario", "objective", "over", "cap", "prior uplift"),
            (
                (
                    f"{code(m.message_id)} {m.title}" + ("" if m.enabled else " (off)"),
                    m.title_ja,
                    m.scenario,
                    m.objective,
                    ", ".join(m.channels),
                    f"{m.cap} in {m.cap_days} days",
                    f"{m.prior_uplift:g}",
                )
                for m in presets.messages
            ),
        ),
        "## To whom a message is offered",
        "All of the conditions must hold, and what is not known never holds. The exclusions below come on top, for every message.",
        table(
            ("message", "conditions", "states"),
            ((code(m.message_id), _conditions(m), ", ".join(m.states) or "any") for m in presets.messages),
        ),
        "## Who is left alone",
        "Rules that no value outweighs. Each says what it permits; what is not known is not permitted. The code stands in a decision's "
        "`suppressions` and `reasons`.",
        table(("code", "what a person reads", "Japanese"), ((code(c.name), c.text, c.text_ja) for c in CONSTRAINTS)),
    )


def _conditions(message: Message) -> str:
    return "; ".join(map(_condition, message.eligible)) or "none"


def _condition(condition: Condition) -> str:
    low = "" if condition.at_least is None else f"{condition.at_least:g} ≤ "
    high = "" if condition.at_most is None else f" ≤ {condition.at_most:g}"
    return f"{low}{code(condition.column)}{high}"


def _capacity(channel: Channel) -> str:
    limits = ((channel.capacity_per_day, "a day"), (channel.capacity_per_hour, "an hour"))
    return ", ".join(f"{most} {span}" for most, span in limits if most is not None) or "no limit"
