"""What leaves the house, in the settings: people act over human channels, endpoints are named once and told over https."""

from __future__ import annotations

from pathlib import Path

import pytest

from otokui.errors import BadSettings
from otokui.settings.settings import Settings, load

HOOK = '[[webhooks]]\nname = "engine"\nurl = "http://127.0.0.1:9/"\nsecret_env = "HOOK"\n'


def loaded(folder: Path, text: str) -> Settings:
    """Load a shop's file."""
    (folder / "otokui.toml").write_text(text, encoding="utf-8")
    return load(folder / "otokui.toml")


@pytest.mark.parametrize("message", ["usage_lecture", "retention_call"])
@pytest.mark.parametrize("channels", ['["email"]', '["call", "line"]'])
def test_what_a_person_does_is_never_sent(tmp_path: Path, message: str, channels: str) -> None:
    """The refusal says which channel, and what to do."""
    with pytest.raises(BadSettings, match="done by a person") as caught:
        loaded(tmp_path, f'[[messages]]\nmessage_id = "{message}"\nchannels = {channels}\n')

    assert message in caught.value.detail
    assert "leave them out" in caught.value.detail


def test_a_channel_that_is_no_longer_human_takes_its_actions_along(tmp_path: Path) -> None:
    """`kind` cannot be changed under them."""
    with pytest.raises(BadSettings, match="done by a person"):
        loaded(tmp_path, '[[channels]]\nname = "call"\nkind = "message"\n')


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HOOK + HOOK, "twice"),
        (HOOK + 'channels = ["fax"]\n', "fax"),
        (HOOK + 'scenarios = ["nothing"]\n', "nothing"),
        ('[service]\nenvironment = "production"\naccess = "keys"\n' + HOOK, "https"),
    ],
)
def test_endpoints_are_checked_with_the_rest(tmp_path: Path, text: str, why: str) -> None:
    """A misspelt channel would be silence."""
    with pytest.raises(BadSettings, match=why):
        loaded(tmp_path, text)


def test_an_endpoint_beside_the_service_is_fine_in_development(tmp_path: Path) -> None:
    """No certificate is needed to try it."""
    assert [hook.channels for hook in loaded(tmp_path, HOOK + 'channels = ["email"]\n').webhooks] == [("email",)]
