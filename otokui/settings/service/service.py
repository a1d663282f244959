"""Settings of the HTTP service (``[service]``): address, access, limits, timeouts."""

from __future__ import annotations

import ipaddress
from enum import StrEnum

from pydantic import Field, field_validator

from otokui.errors import BadSettings
from otokui.settings.section import Section


class Environment(StrEnum):
    """Environment of a shop; an API key of one never works on the other."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Access(StrEnum):
    """Whether callers need an API key."""

    KEYS = "keys"
    OPEN = "open"


class Service(Section):
    """HTTP service: address, access, limits and timeouts."""

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=3000, ge=1, le=65_535, description="port to listen on")
    environment: Environment = Field(
        default=Environment.DEVELOPMENT,
        description="development or production; an API key made in one is refused in the other, and production always asks for keys",
    )
    access: Access = Field(
        default=Access.OPEN,
        description="keys: every call but the probes needs an API key (`otokui key create`); open: none does, and only callers on the "
        "loopback of this machine are answered",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="addresses or networks (CIDR) of reverse proxies; only of these is X-Forwarded-For believed",
    )
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
    test_customers: tuple[str, ...] = Field(
        default=(), description="customer ids of the shop's own people, for test sends (`otokui test-send`); nobody else is in one"
    )
    swap_seconds: float = Field(
        default=2.0, gt=0, description="how often new models and summaries are looked for, and whether the ledger has all that is on record"
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network)  # its ValueError names the text and why it is none
        return networks

    def check_access(self, host: str) -> None:
        """Refuse open access in production, and on an address that other machines reach.

        Raises:
            BadSettings: names the key to change.
        """
        if self.access is not Access.OPEN:
            return
        if self.environment is Environment.PRODUCTION:
            raise BadSettings(
                "[service] environment is production and access is open: anybody could have decisions made",
                fix='set [service] access = "keys" in otokui.toml, then `otokui key create --role send_engine --shop SHOP`',
            )
        if not is_loopback(host):
            raise BadSettings(
                f"[service] access is open and the service would listen on {host}, which other machines reach",
                fix='set [service] access = "keys" and create a key with `otokui key create`, or listen on 127.0.0.1',
            )


def is_loopback(host: str) -> bool:
    """Return whether an address belongs to this machine's loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
