"""Endpoints of webhooks: only addresses that are configured, and none that would leak what is posted."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from otokui.settings.service.webhooks import Webhook


@pytest.mark.parametrize("url", ["https://engine.example/hook", "http://127.0.0.1:9000/hook", "http://localhost/hook", "http://[::1]/"])
def test_https_anywhere_and_http_on_this_machine(url: str) -> None:
    """A receiver beside the service needs no certificate."""
    assert Webhook(name="engine", url=url, secret_env="HOOK").url == url


@pytest.mark.parametrize(
    "url",
    [
        *("http://engine.example/hook", "http://10.0.0.7/", "ftp://engine.example/", "https://", "engine.example"),
        *("https://user:pass@engine.example/", "https://engine.example/#part", "file:///etc/passwd"),
    ],
)
def test_every_other_address_is_refused(url: str) -> None:
    """In the clear over a network, or with a password in the settings."""
    with pytest.raises(ValidationError, match="https://"):
        Webhook(name="engine", url=url, secret_env="HOOK")
