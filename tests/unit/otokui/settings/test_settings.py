"""A shop's settings over the defaults: rows by name, presets that it may leave out, and refusals that name file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from otokui.errors import BadSettings
from otokui.settings.preset_files import PRESETS
from otokui.settings.settings import DEFAULTS, Settings, load
from pipelines.shop.init import init

OWN_CHANNEL = '[[channels]]\nname = "pager"\ntitle = "Pager"\ntitle_ja = "ポケベル"\n'
OWN_MESSAGE = (
    '[[messages]]\nmessage_id = "hello"\nscenario = "hello"\ntitle = "Hello"\ntitle_ja = "こんにちは"\n'
    'objective = "visit"\nchannels = ["pager"]\n'
)


def loaded(folder: Path, text: str) -> Settings:
    """Return the settings of a shop whose own file holds ``text``."""
    path = folder / "otokui.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


class TestRows:
    def test_a_row_changes_the_preset_of_its_name_key_by_key(self, tmp_path: Path) -> None:
        """The rest of the row stays, and so does its place among the others."""
        before, after = load(), loaded(tmp_path, '[[messages]]\nmessage_id = "birthday"\nincentive_cost = 512\n')

        assert [m.message_id for m in after.messages] == [m.message_id for m in before.messages]
        changed = next(m for m in after.messages if m.message_id == "birthday")
        assert changed.incentive_cost == 512.0
        assert changed.model_copy(update={"incentive_cost": 0.0}) == next(
            m.model_copy(update={"incentive_cost": 0.0}) for m in before.messages if m.message_id == "birthday"
        )
        assert after.channels == before.channels

    def test_a_row_of_another_name_stands_beside_the_presets(self, tmp_path: Path) -> None:
        """Last, so that the presets keep their places in the policy."""
        after = loaded(tmp_path, OWN_CHANNEL + OWN_MESSAGE)

        assert [c.name for c in after.channels] == [*(c.name for c in load().channels), "pager"]
        assert after.messages[-1].channels == ("pager",)

    def test_presets_can_be_left_out(self, tmp_path: Path) -> None:
        """A shop that says everything itself."""
        after = loaded(tmp_path, OWN_CHANNEL + OWN_MESSAGE + '[presets]\nchannels = ""\nmessages = ""\n')

        assert ([c.name for c in after.channels], [m.message_id for m in after.messages]) == (["pager"], ["hello"])

    def test_a_file_that_holds_every_row_means_what_the_presets_mean(self, tmp_path: Path) -> None:
        """As `otokui init` once wrote it: the same settings, and the same digest of the policy."""
        whole = "\n".join(path.read_text(encoding="utf-8") for path in (DEFAULTS, PRESETS / "channels.toml", PRESETS / "messages.toml"))

        after = loaded(tmp_path, whole)

        assert after == load()
        assert after.digest() == load().digest()

    def test_a_new_shop_has_settings_alone_and_the_presets_with_them(self, tmp_path: Path) -> None:
        """It works unedited."""
        path = init(tmp_path / "shop", name="mine")

        assert "[[messages]]" not in [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        assert load(path).messages == load().messages
        assert load(path).shop.name == "mine"


@pytest.mark.parametrize(
    ("text", "says", "fix"),
    [
        ("[decisions]\nholdout_shar = 0.1\n", "decisions.holdout_shar", "settings.md"),
        ('[presets]\nmessages = "apparel.toml"\n', "presets.messages: no file 'apparel.toml'", "messages.toml"),
        ('[presets]\nmessages = "../../etc/passwd"\n', "presets.messages: String should match pattern", "settings.md"),
        ('presets = "none"\n', "presets: ", "settings.md"),
        ('channels = "email"\n', "channels: ", "settings.md"),
        ('[presets]\nchannels = ""\n', "names channels ['email'", "settings.md"),
        ("[shop\n", "is not valid TOML", "correct that line"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_its_place(tmp_path: Path, text: str, says: str, fix: str) -> None:
    """The file, the key, and what to do."""
    with pytest.raises(BadSettings) as caught:
        loaded(tmp_path, text)

    assert caught.value.detail.startswith(str(tmp_path / "otokui.toml"))
    assert says in caught.value.detail
    assert fix in caught.value.fix


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    """The first thing that goes wrong for everybody."""
    with pytest.raises(BadSettings, match="does not exist") as caught:
        load(tmp_path / "otokui.toml")

    assert caught.value.fix == "run `otokui init SHOP` first"
