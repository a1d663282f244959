"""Models of pairs taken back by the verb that takes back the others, in a shop whose MLflow was never asked for anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from otokui.domain import Instant, PairModel
from otokui.errors import Missing
from otokui.ports.models import ModelFiles
from pipelines.cli import app
from pipelines.model_training.pair_registration import roll_back_pair
from pipelines.shop.init import init
from pipelines.shop.shop import Shop


def shop(folder: Path) -> Shop:
    """Return a shop with two response models, trained through 100 and 200."""
    init(folder)
    for through in (100, 200):
        Shop(folder).responses.export(ModelFiles(f'{{"trained_through": {through}}}', "tree"))
    return Shop(folder)


def test_the_one_before_speaks_again_and_then_none(tmp_path: Path) -> None:
    """Two steps back leave nothing, and a third is an error."""
    house = shop(tmp_path / "shop")
    now = Instant(1_000)

    for left in ('{"trained_through": 100}', None):
        roll_back_pair(house, PairModel.RESPONSE, reason="complaints", now=now, who="ann")
        files = house.responses.newest(now)
        assert (files.manifest if files else None) == left
    with pytest.raises(Missing, match="no response model"):
        roll_back_pair(house, PairModel.RESPONSE, reason="complaints", now=now, who="ann")
    assert not (tmp_path / "shop" / "mlflow.db").exists()


def test_the_verb_says_what_it_did_and_refuses_what_is_unclear(tmp_path: Path) -> None:
    """By the command line, as an operator at night would."""
    shop(tmp_path / "shop")
    asked = ["promote", "--roll-back", "--pair", "response", "--reason", "complaints", "--shop", str(tmp_path / "shop")]

    done = CliRunner().invoke(app, asked)
    unclear = CliRunner().invoke(app, [word for word in asked if word != "--roll-back"])

    assert done.exit_code == 0
    assert "is withdrawn" in done.output
    assert unclear.exit_code != 0
    assert Shop(tmp_path / "shop").responses.newest(Instant(1_000)) == ModelFiles('{"trained_through": 200}', "tree")
