"""A new policy against the live one on decisions that were logged, through the command line, on 500 real households."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.households import CUTOFF, SETTINGS, copied, run

EXPLORING = SETTINGS.replace("exploration_share = 0.0", "exploration_share = 0.3\nholdout_share = 0.2")
DAYS = (CUTOFF, "2017-06-16", "2017-07-01")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("e2e-policy")]


@pytest.fixture(scope="module")
def decided(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop that decided three times for everybody, exploring, and whose outcomes are known."""
    made = copied(trained, tmp_path_factory.mktemp("policy") / "shop", EXPLORING)
    for day in DAYS:
        run("decide", "--shop", made, "--as-of", day, "--out", made / "decisions" / day)
    return made


@pytest.fixture
def shop(decided: Path, tmp_path: Path) -> Path:
    """The shop, a copy that a test may change."""
    return Path(shutil.copytree(decided, tmp_path / "shop"))


def proposal(shop: Path, *, old: str = "", new: str = "", added: str = "") -> Path:
    """Write a changed copy of the shop's settings."""
    text = (shop / "otokui.toml").read_text(encoding="utf-8")
    assert old in text
    path = shop.parent / "proposed.toml"
    path.write_text(text.replace(old, new, 1) + added, encoding="utf-8")
    return path


RETITLED = '\n[[messages]]\nmessage_id = "sale_notice"\ntitle = "Sale, now"\n'
NEW_MESSAGE = """
[[messages]]
message_id = "never_sent"
scenario = "never_sent"
title = "New"
title_ja = "新"
objective = "purchase"
channels = ["email"]
prior_uplift = 0.9
"""


def test_a_policy_that_does_the_same_passes_and_goes_live(shop: Path) -> None:
    """A new title changes no choice: the replay finds the same chances for everybody."""
    proposed = proposal(shop, added=RETITLED)

    told = json.loads(run("evaluate-policy", proposed, "--shop", shop, "--json"))
    run("promote", "--policy", proposed, "--shop", shop, "--reason", "a better title")

    assert (told["outcome"], told["moved"], told["difference"]["value"]) == ("passes", 0.0, 0.0)
    assert told["decisions"] > 1_000
    assert (shop / "otokui.toml").read_bytes() == proposed.read_bytes()


def test_the_live_policy_is_worth_about_what_was_earned(shop: Path) -> None:
    """It logged the decisions itself, so its weights are near one and all decisions are evidence."""
    told = json.loads(run("evaluate-policy", proposal(shop, added=RETITLED), "--shop", shop, "--json"))

    assert told["present"]["dr"]["value"] == pytest.approx(told["logged"], rel=0.05)
    assert told["effective"] > 0.9 * told["customers"]
    assert told["largest_weight"] < 2.0
    assert told["unsupported"] == pytest.approx(0.0, abs=1e-9)


def test_a_message_that_was_never_sent_cannot_be_valued(shop: Path) -> None:
    """It is refused, on record, and nothing changes; unless somebody takes the risk knowingly."""
    proposed, before = proposal(shop, added=NEW_MESSAGE), (shop / "otokui.toml").read_bytes()

    output = run("promote", "--policy", proposed, "--shop", shop, "--reason", "new", fails=10)
    refused = json.loads((shop / "settings-trail" / "history.json").read_text(encoding="utf-8"))

    assert "never tried" in output
    assert (shop / "otokui.toml").read_bytes() == before
    assert [(each["kind"], each["reason"], each["verdict"]["outcome"]) for each in refused] == [("refused", "new", "cannot_tell")]

    run("promote", "--policy", proposed, "--shop", shop, "--reason", "a test on all", "--accept-unknown", "--who", "ada")
    (_, promoted) = json.loads((shop / "settings-trail" / "history.json").read_text(encoding="utf-8"))

    assert (shop / "otokui.toml").read_bytes() == proposed.read_bytes()
    assert (shop / "settings-trail" / f"{promoted['from']}.toml").read_bytes() == before
    assert (promoted["kind"], promoted["who"], promoted["accepted_unknown"]) == ("promoted", "ada", True)


def test_settings_that_decide_nothing_are_not_promoted(shop: Path) -> None:
    """The gate looks at decisions; a port that changes along with them would slip through unseen."""
    proposed = proposal(shop, added="\n[service]\nport = 3001\n" + RETITLED)

    assert "[service]" in run("promote", "--policy", proposed, "--shop", shop, "--reason", "both", fails=2)


def test_a_policy_cannot_be_valued_before_its_outcomes_are_known(shop: Path) -> None:
    """Decisions whose reward days are not over tell nothing yet, and the error says so."""
    shutil.rmtree(shop / "decisions")
    run("decide", "--shop", shop, "--as-of", "2017-07-25", "--out", shop / "decisions" / "late")

    output = run("evaluate-policy", proposal(shop, added=RETITLED), "--shop", shop, fails=4)

    assert "reward days are not over" in output
