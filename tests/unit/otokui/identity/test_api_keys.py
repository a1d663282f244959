"""The form of an API key: it names its environment and role, and a mistyped one is refused."""

from __future__ import annotations

import pytest

from otokui.identity.api_keys import ApiKey
from otokui.identity.roles import Role
from otokui.settings.service.service import Environment


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize("role", list(Role))
def test_a_key_is_read_as_it_was_made(environment: Environment, role: Role) -> None:
    """Environment and role stand in it."""
    key = ApiKey.make(environment, role)

    assert key.text.startswith(f"otk_{environment}_{role}_")
    assert ApiKey.parse(key.text) == key


def test_every_mistyped_character_is_noticed() -> None:
    """The checksum covers environment, role and random part."""
    text = ApiKey.make(Environment.DEVELOPMENT, Role.ADMIN).text
    for place in range(len(text)):
        assert ApiKey.parse(text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :]) is None
    assert [ApiKey.parse(wrong) for wrong in ("", text[1:], text[:-1], text + "\n", f" {text}")] == [None] * 5


def test_no_two_keys_are_alike_and_none_is_shown() -> None:
    """190 random bits; a key in a log line is only its class."""
    keys = {ApiKey.make(Environment.PRODUCTION, Role.ADMIN) for _ in range(100)}

    assert len({key.digest for key in keys}) == 100
    assert all(key.text not in f"{key!r} {key}" for key in keys)
