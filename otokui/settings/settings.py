"""Settings of a shop, typed and checked at load, with a description of each key.

The project's own ``otokui.toml`` holds every default with a comment, and names the preset channels and messages
(``otokui.settings.preset_files``); a shop's copy holds the differences. Functions receive the value they need, never the whole.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, model_validator

from otokui.domain import CustomerState
from otokui.errors import BadSettings
from otokui.settings.contacts.channels import Channel, ChannelKind
from otokui.settings.contacts.decisions import DecisionSettings
from otokui.settings.contacts.messages import Message
from otokui.settings.contacts.policy_gate import PolicyGate
from otokui.settings.definitions import Definitions
from otokui.settings.measurement import MeasurementSettings
from otokui.settings.prediction_horizons import Forecasts
from otokui.settings.preset_files import KEYS, Presets, read_toml
from otokui.settings.records import RecordSettings
from otokui.settings.section import Section
from otokui.settings.service.data_stores import Stores
from otokui.settings.service.dialects import DialectSettings
from otokui.settings.service.encryption import Encryption
from otokui.settings.service.jobs import Jobs
from otokui.settings.service.service import Environment, Service
from otokui.settings.service.webhooks import Webhook
from otokui.settings.shop import ShopSettings
from otokui.settings.training import Training

DEFAULTS = Path(__file__).resolve().parents[2] / "otokui.toml"


class Settings(Section):
    """Settings of a shop: the whole of ``otokui.toml``."""

    shop: ShopSettings = ShopSettings()
    records: RecordSettings = RecordSettings()
    definitions: Definitions = Definitions()
    predictions: Forecasts = Forecasts()
    training: Training = Training()
    decisions: DecisionSettings = DecisionSettings()
    policy_gate: PolicyGate = PolicyGate()
    measurement: MeasurementSettings = MeasurementSettings()
    stores: Stores = Stores()
    encryption: Encryption = Encryption()
    service: Service = Service()
    dialects: DialectSettings = DialectSettings()
    jobs: Jobs = Jobs()
    presets: Presets = Presets()
    channels: tuple[Channel, ...] = ()
    messages: tuple[Message, ...] = ()
    webhooks: tuple[Webhook, ...] = ()

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        channels = [c.name for c in self.channels]
        messages = [m.message_id for m in self.messages]
        endpoints = [w.name for w in self.webhooks]
        for kind, names in (("channel", channels), ("message", messages), ("webhook", endpoints)):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"{kind} {twice} is there twice")
        automatic = {c.name for c in self.channels if c.kind is not ChannelKind.HUMAN}
        for message in self.messages:
            unknown = sorted(set(message.channels) - set(channels))
            if unknown:
                raise ValueError(f"message {message.message_id!r} names channels {unknown}; channels are {channels}")
            if message.human and (sent := sorted(set(message.channels) & automatic)):
                raise ValueError(
                    f"message {message.message_id!r} is done by a person (human = true) and names {sent}, over which a send engine sends; "
                    'leave them out of its channels, or give the channel kind = "human"'
                )
            strange = sorted(set(message.states) - set(CustomerState))
            if strange:
                raise ValueError(f"message {message.message_id!r} names states {strange}; states are {list(map(str, CustomerState))}")
        if self.decisions.usual_share > 0.0 and self.decisions.usual_message not in messages:
            raise ValueError(f"decisions.usual_message {self.decisions.usual_message!r} is no message; messages are {messages}")
        scenarios = {m.scenario for m in self.messages}
        for webhook in self.webhooks:
            unknown = sorted({*webhook.channels} - {*channels} | {*webhook.scenarios} - scenarios)
            if unknown:
                raise ValueError(f"webhook {webhook.name!r} names {unknown}, which are neither channels nor scenarios of the shop")
            if self.service.environment is Environment.PRODUCTION and not webhook.url.startswith("https://"):
                raise ValueError(f"webhook {webhook.name!r} must be told over https:// in production")
        return self

    def governing(self) -> str:
        """Return the settings that govern decisions, as JSON.

        The language for people, and who carries a decision out, are not among them; nor are comparison groups that nobody is in, and a
        spacing of 0, so that a policy from before there were any keeps its digest (``decisions.compiler.policy_record``).
        """
        governing = self.model_dump(
            mode="json",
            include={"shop", "definitions", "predictions", "decisions", "channels", "messages"},
            exclude={"shop": {"language"}, "channels": {"__all__": {"kind"}}, "messages": {"__all__": {"human"}}},
        )
        for name in ("random_share", "usual_share", "usual_message", "contact_spacing_hours"):
            if not governing["decisions"][name]:
                del governing["decisions"][name]
        for channel in governing["channels"]:
            if not channel["spacing_hours"]:
                del channel["spacing_hours"]
        return json.dumps(governing, sort_keys=True)

    def digest(self) -> str:
        """Return a short digest of the settings that govern decisions.

        The same digest means the same policy.
        """
        return hashlib.sha256(self.governing().encode()).hexdigest()[:16]


def in_shop(url: str, shop: Path) -> str:
    """Return a database URL with a relative SQLite path in the shop's folder.

    Any other URL stays as it is.
    """
    head, separator, path = url.partition(":///")
    if not head.startswith("sqlite") or not separator or path.startswith("/") or path in ("", ":memory:"):
        return url
    return f"{head}:///{(shop / path).resolve()}"


def _merged(base: list[dict[str, Any]], rows_of_shop: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Merge the shop's rows into the preset rows of the same name, key by key.

    Other rows are added.
    """
    rows = {row.get(key): row for row in base}
    for row in rows_of_shop:
        rows[row.get(key)] = rows.get(row.get(key), {}) | row
    return list(rows.values())


def load(path: Path | None = None) -> Settings:
    """Load the default settings, then the shop's own file over them.

    Raises:
        BadSettings: names the file, the key and what is permitted there.
    """
    raw, of_shop = read_toml(DEFAULTS), {} if path is None else read_toml(path)
    raw |= {
        name: raw[name] | of_shop[name] if isinstance(of_shop[name], dict) and isinstance(raw.get(name), dict) else of_shop[name]
        for name in of_shop
    }
    try:
        presets = Settings.model_validate({"presets": raw["presets"]}).presets
        for kind in KEYS:
            rows = raw.get(kind, [])
            raw[kind] = _merged(presets.rows(kind, path or DEFAULTS), rows, KEYS[kind]) if isinstance(rows, list) else rows
        return Settings.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadSettings(
            f"{path or DEFAULTS}: {where}: {first['msg']} (found {str(first.get('input'))[:80]!r})",
            fix="correct that key; docs/reference/settings.md lists every key with its meaning",
        ) from None
