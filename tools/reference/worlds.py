"""docs/reference/worlds.md: every strength of a simulated shop with its default and its meaning."""

from __future__ import annotations

from otokui.settings.section import Section
from simulator.settings.contact_settings import ChannelTruth
from simulator.settings.world_settings import AcquisitionSource, WorldSettings
from simulator.worlds import FOLDER, names
from tools.reference.page import code, page, table
from tools.reference.settings import section


def render() -> str:
    """Return the page."""
    sections = [
        section(f"[{name}]", field.annotation)
        for name, field in WorldSettings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    ]
    return page(
        "Worlds of the simulated shop",
        "`simulator/settings/` and `simulator/worlds/`",
        "`otokui simulate --world NAME_OR_FILE` takes one of the worlds below or a TOML file that says what differs from the defaults; a "
        "key that is not listed here is refused. [What the mechanisms do](../explanation/simulated-shop.md).",
        table(("world", "what it is"), ((code(name), _description(name)) for name in names())),
        *sections,
        section("[[arrival.sources]]", AcquisitionSource),
        section("[channels.NAME]", ChannelTruth),
    )


def _description(name: str) -> str:
    """The comment at the head of the world's file."""
    lines = (FOLDER / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    return lines[0].removeprefix("# ")
