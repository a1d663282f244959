"""A shop for production is one from its first day: keys are asked for, whatever the settings it began from."""

from __future__ import annotations

from pathlib import Path

import pytest

from otokui.errors import BadSettings
from otokui.settings.service.service import Access, Environment
from otokui.settings.settings import load
from pipelines.shop.init import init


@pytest.mark.parametrize("began_from", [None, '[shop]\nname = "shop"\n', '[service]\nport = 3001\n\n[shop]\nname = "shop"\n'])
def test_production_asks_for_keys(tmp_path: Path, began_from: str | None) -> None:
    """Also where the settings to start from have no such section, or no such key in it."""
    settings = None
    if began_from is not None:
        settings = tmp_path / "settings.toml"
        settings.write_text(began_from, encoding="utf-8")

    service = load(init(tmp_path / "shop", settings=settings, environment=Environment.PRODUCTION)).service

    assert (service.environment, service.access) == (Environment.PRODUCTION, Access.KEYS)
    assert service.port == (3001 if began_from and "port" in began_from else 3000)


def test_open_access_in_production_is_refused(tmp_path: Path) -> None:
    """By the service, before it listens."""
    path = init(tmp_path / "shop", environment=Environment.PRODUCTION)
    path.write_text(path.read_text(encoding="utf-8").replace('access = "keys"', 'access = "open"'), encoding="utf-8")

    with pytest.raises(BadSettings):
        load(path).service.check_access("127.0.0.1")
