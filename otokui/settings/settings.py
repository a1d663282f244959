"""Settings of a shop, typed and checked at load, with a description of each key.

The project's own ``otokui.toml`` holds every default with a comment, and names the preset channels and messages
(``otokui.settings.preset_files``); a shop's copy holds the differences. Functions receive the value they need, never the whole.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from otokui.data_contract.tables import MOST_ATTRIBUTES, TABLES
from otokui.domain import CustomerState
from otokui.errors import BadSettings
from otokui.settings.budget import Budget
from otokui.settings.channels_and_messages import Channel, Message, Section, Share
from otokui.settings.definitions import Definitions
from otokui.settings.policy_gate import PolicyGate
from otokui.settings.preset_files import KEYS, Presets, read_toml
from otokui.wording.i18n import languages

DEFAULTS = Path(__file__).resolve().parents[2] / "otokui.toml"


class ShopSettings(Section):
    """Shop: name, time zone, currency, margin and language."""

    name: str = Field(default="shop", description="short name, in file and model names")
    timezone: str = Field(default="Asia/Tokyo", description="the shop's time zone (IANA)")
    currency: str = Field(default="JPY", description="the currency of all money")
    margin_rate: Share = Field(default=0.3, description="gross margin, where product costs are not known")
    language: str | None = Field(
        default=None,
        description="language of the report and of explanations, one that has a catalogue (en, ja, …); none = the report in English, "
        "explanations in English with Japanese beside it",
    )

    @field_validator("language")
    @classmethod
    def _has_a_catalogue(cls, language: str | None) -> str | None:
        if language is not None and language not in languages():
            raise ValueError(f"{language!r} has no catalogue of sentences; languages are {', '.join(languages())}")
        return language

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{name!r} is no IANA time zone; write e.g. Asia/Tokyo") from None
        return name


class RecordSettings(Section):
    """Input of records: columns, limits and hashing."""

    max_bad_share: Share = Field(default=0.05, description="a file that loses more of its rows is refused whole")
    columns: dict[str, dict[str, str]] = Field(default={}, description="per table: contract column = the column in the shop's export")
    attributes: tuple[str, ...] = Field(
        default=(), max_length=MOST_ATTRIBUTES, description=f"further columns of customers to use as features, at most {MOST_ATTRIBUTES}"
    )
    hash_columns: tuple[str, ...] = Field(default=(), description="columns with personal data to hash with the shop's key, not refuse")
    trusted_columns: tuple[str, ...] = Field(
        default=(), description="TABLE.COLUMN that hold no personal data although they look so; they are not judged by content"
    )
    hash_key_env: str = Field(default="OTOKUI_HASH_KEY", description="environment variable that holds the shop's key")
    chunk_rows: int = Field(default=1_000_000, ge=1_000, description="rows checked at once")

    @field_validator("columns")
    @classmethod
    def _tables_exist(cls, columns: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for table, mapping in columns.items():
            if table not in TABLES:
                raise ValueError(f"{table!r} is no table; tables are {', '.join(TABLES)}")
            for name in mapping:
                if name != "known_at" and TABLES[table].column(name) is None:
                    raise ValueError(f"{table}.{name} is not in the contract")
        return columns


class Forecasts(Section):
    """Prediction horizons."""

    horizons_days: tuple[int, ...] = Field(default=(7, 14, 30, 60, 90), description="horizons in days, any length")

    @field_validator("horizons_days")
    @classmethod
    def _increasing(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if not days or any(d < 1 for d in days):
            raise ValueError("horizons are whole days of at least 1")
        return tuple(sorted({*days, 7, 14, 30, 60, 90}))


class Training(Section):
    """Training of models: cut-offs, minimum data and LightGBM parameters."""

    cutoffs: int = Field(default=12, ge=1, description="rolling cut-offs at most")
    step_days: int = Field(default=30, ge=1, description="days between cut-offs at most")
    summary_lag_hours: float = Field(default=0.0, ge=0, description="how stale summaries are when they serve")
    min_customers: int = Field(default=100, ge=10, description="fewer customers than this: no trees, the customers' own rhythm speaks")
    min_positives: int = Field(
        default=30, ge=5, description="fewer examples of either outcome: no trees of that label, and of future loyal no chance"
    )
    backtests: int = Field(default=2, ge=0, description="earlier cut-offs that are held out in turn as well, for figures over time")
    rounds: int = Field(default=400, ge=10, description="boosting rounds at most; early stopping ends sooner")
    bags: int = Field(default=3, ge=1, description="boosters per model, averaged; more are steadier and slower")
    learning_rate: float = Field(default=0.08, gt=0, description="LightGBM learning rate")
    num_leaves: int = Field(default=31, ge=2, description="LightGBM leaves")
    threads: int = Field(default=2, ge=1, description="LightGBM threads in training")
    seed: int = Field(default=20_250_401, description="the seed of everything random")


class DecisionSettings(Section):
    """Decisions about customers: control groups, caps, exploration and value."""

    holdout_share: Share = Field(default=0.05, description="share of customers never contacted, to measure lift")
    scenario_holdout_share: Share = Field(default=0.05, description="share left out of each scenario")
    holdout_salt: str = Field(default="otokui", description="key of the hash that draws the groups; changing it draws them anew")
    contact_cap: int = Field(default=2, ge=0, description="contacts per customer over all channels")
    contact_cap_days: int = Field(default=7, ge=1, description="the rolling period of contact_cap, days")
    cool_off_days: float = Field(default=3.0, ge=0, description="silence after a purchase")
    undelivered_expires_days: float = Field(default=45.0, gt=0, description="an order without delivery counts as under way for so long")
    valid_hours: float = Field(default=24.0, gt=0, description="a decision not acted on lapses after this")
    window_days: int = Field(default=7, ge=1, description="send times are chosen within so many days")
    send_window_hours: float = Field(default=3.0, gt=0, description="length of the window around a send time")
    max_summary_age_days: float = Field(default=3.0, gt=0, description="older summaries contact nobody")
    omen_days: int = Field(default=14, ge=1, description="an enquiry no older than this is an omen: the customer may be about to leave")
    omen_leaving: Share = Field(default=0.2, description="prior: share of those who enquired who are about to leave")
    exploration_share: Share = Field(default=0.02, description="share of decisions drawn evenly among what is permitted and worth it")
    exploration_most: Share = Field(
        default=0.3, description="most that goes to candidates which may prove better than the best, by how likely that is"
    )
    wear_out: float = Field(default=0.5, ge=0.0, description="divides what one adds by 1 + this x contacts of late (half after 14 days)")
    min_value: float = Field(default=0.0, ge=0, description="a contact must be worth more than this, money")
    sure_from_cost: float = Field(
        default=200.0,
        ge=0,
        description="over channels that cost this much a contact or more (JPY, times cost_scale), a contact must be worth it at the "
        "lower end of the 80% interval of what it adds; 0 asks it of every contact",
    )
    value_horizon_days: int = Field(default=90, ge=7, description="over which a lost customer's value is counted")
    second_purchase_share: Share = Field(
        default=0.5,
        description="share of what customers of two purchases spend more than those of one (of one, than none) that the purchase is given",
    )
    unsubscribe_loss_share: Share = Field(default=0.1, description="share of that value lost with a customer who can no longer be reached")
    cost_scale: float = Field(
        default=1.0, gt=0, description="multiplies costs, incentives and care values of the presets (JPY); e.g. 0.0067 for USD"
    )
    budget: Budget = Budget()


class Stores(Section):
    """Stores of a shop; relative paths lie in the shop's folder."""

    ledger_url: str = Field(default="sqlite:///ledger.db", description="SQLAlchemy URL of the ledger: SQLite or PostgreSQL")
    mlflow_uri: str = Field(default="sqlite:///mlflow.db", description="MLflow tracking and registry URI")
    online: str = Field(
        default="snapshot", pattern="^(snapshot|feast)$", description="what the service reads: snapshot (memory map) or feast"
    )
    feast_online: str = Field(default="sqlite", description="Feast's online store: sqlite, or a Redis connection string host:port")
    memory_limit: str = Field(default="1GB", description="DuckDB's memory limit")
    threads: int = Field(default=2, ge=1, description="DuckDB's threads")


class Service(Section):
    """HTTP service: address, limits and timeouts."""

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=3000, ge=1, le=65_535, description="port to listen on")
    max_customers: int = Field(default=1_000, ge=1, description="customers in one call")
    max_body_bytes: int = Field(default=2_000_000, ge=1_000, description="size of one request")
    max_header_bytes: int = Field(default=32_768, ge=1_024, description="size of the headers of one request; larger ones get 431")
    read_timeout_seconds: int = Field(
        default=5, ge=1, description="a request whose headers, or then whose body, take longer to arrive is given up"
    )
    timeout_seconds: int = Field(default=2, ge=1, description="a call that takes longer is given up")
    max_concurrency: int = Field(default=32, ge=1, description="calls at once; more get 429")
    max_connections: int = Field(default=512, ge=1, description="connections at once; the one that has waited longest makes room")
    min_free_bytes: int = Field(default=100_000_000, ge=0, description="with less room on the disk the service is not ready")
    max_as_of_days_ahead: int = Field(default=400, ge=1, le=36_500, description="days; an as_of further ahead than this is refused (422)")
    swap_seconds: float = Field(
        default=2.0, gt=0, description="how often new models and summaries are looked for, and whether the ledger has all that is on record"
    )


class Settings(Section):
    """Settings of a shop: the whole of ``otokui.toml``."""

    shop: ShopSettings = ShopSettings()
    records: RecordSettings = RecordSettings()
    definitions: Definitions = Definitions()
    predictions: Forecasts = Forecasts()
    training: Training = Training()
    decisions: DecisionSettings = DecisionSettings()
    policy_gate: PolicyGate = PolicyGate()
    stores: Stores = Stores()
    service: Service = Service()
    presets: Presets = Presets()
    channels: tuple[Channel, ...] = ()
    messages: tuple[Message, ...] = ()

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        channels = [c.name for c in self.channels]
        messages = [m.message_id for m in self.messages]
        for kind, names in (("channel", channels), ("message", messages)):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"{kind} {twice} is there twice")
        for message in self.messages:
            unknown = sorted(set(message.channels) - set(channels))
            if unknown:
                raise ValueError(f"message {message.message_id!r} names channels {unknown}; channels are {channels}")
            strange = sorted(set(message.states) - set(CustomerState))
            if strange:
                raise ValueError(f"message {message.message_id!r} names states {strange}; states are {list(map(str, CustomerState))}")
        return self

    def governing(self) -> str:
        """Return the settings that govern decisions, as JSON.

        The language for people is not among them.
        """
        governing = self.model_dump(
            mode="json",
            include={"shop", "definitions", "predictions", "decisions", "channels", "messages"},
            exclude={"shop": {"language"}},
        )
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
