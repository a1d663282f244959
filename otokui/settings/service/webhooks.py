"""Webhooks out (``[[webhooks]]``): endpoints that are told of changes."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from otokui.settings.section import Section


class Webhook(Section):
    """Endpoint of a send engine that is told what is due, and what is withdrawn."""

    name: str = Field(pattern="^[a-z0-9_-]{1,64}$", description="its name, in the log and for `otokui webhook list`")
    url: str = Field(description="address that messages are posted to; https, or http on this machine. Redirects are not followed")
    secret_env: str = Field(description="environment variable with the secret of the signatures: whsec_ and 24 to 64 bytes in Base64")
    enabled: bool = Field(default=True, description="whether it is told anything")
    channels: tuple[str, ...] = Field(default=(), description="changes of these channels; empty = of all")
    scenarios: tuple[str, ...] = Field(default=(), description="changes of these scenarios; empty = of all")
    window_hours: float = Field(default=24.0, gt=0, le=744, description="due is what may be sent within so many hours")
    most_changes: int = Field(default=100, ge=1, le=1_000, description="changes in one message, at most")
    timeout_seconds: float = Field(default=10.0, gt=0, le=60, description="an answer that takes longer is a failure")
    give_up_hours: float = Field(default=24.0, gt=0, description="a message that failed for so long is given up")

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password or parts.fragment:
            raise ValueError("the address must be https://host/path without user, password and fragment")
        if parts.scheme == "http" and not on_this_machine(parts.hostname):
            raise ValueError("the address must begin with https://; http is for receivers on this machine")
        return url


def on_this_machine(host: str) -> bool:
    """Whether a host is a loopback address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
