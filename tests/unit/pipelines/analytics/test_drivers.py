"""The CRM lists, from models of a shop where it is known what makes customers loyal and what announces that they leave."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.base_drivers import CHANGES, ScoredBase
from analysis.drivers import Driver, ThresholdSide
from features.catalogue import CATALOGUE
from otokui.domain import DAY, Instant, Label
from otokui.frames import Predictions
from otokui.settings.definitions import Definitions, LoyalRule
from otokui.settings.settings import Settings
from otokui.wording.i18n import pgettext
from pipelines.analytics.drivers import tell, text
from pipelines.report.forecast_section import ASK
from pipelines.report.wording.column_names import Columns
from pipelines.report.wording.driver_names import says
from pipelines.report.wording.numbers import Formats
from scoring.model_files.loader import ModelSet
from scoring.predict import predict
from tests.unit.training import small_shop

NOW = Instant(small_shop.START + 300 * DAY)
DEFINITIONS = Definitions(loyal=LoyalRule(purchases_at_least=4), churn_days=45, loyal_horizon_days=30)
SETTINGS = Settings(definitions=DEFINITIONS)


def base(said: Predictions) -> ScoredBase:
    """The small shop as of now."""
    vectors = small_shop.vectors(small_shop.purchases(), NOW)
    loyal = vectors.column("purchase_count") >= 4
    return ScoredBase(vectors, loyal, np.ones(len(vectors), dtype=np.bool_), said.future_loyal_probability, said.churn_probability)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, ScoredBase]:
    """What is told of the small shop, where it was written, and of whom."""
    bought = small_shop.purchases()
    models = small_shop.model_set(small_shop.trained(bought, labels=(Label.FUTURE_LOYAL, Label.CHURN), definitions=DEFINITIONS))
    said = predict(small_shop.vectors(bought, NOW), models, as_of=NOW, horizons_days=(30,), definitions=DEFINITIONS)
    out, everybody = tmp_path_factory.mktemp("factors"), base(said)
    return tell(everybody, models, SETTINGS, as_of=NOW, out=out), out, everybody


def rows(path: Path) -> list[dict[str, str]]:
    """A file of the folder, as a spreadsheet reads it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class TestLoyal:
    def test_what_the_rule_asks_for_is_what_the_loyal_share(self, found: tuple[dict[str, Any], Path, ScoredBase]) -> None:
        """Loyal is four purchases: of those who are not there yet, two or three make the difference, and all the loyal have them."""
        count = next(row for row in found[0]["future_loyal"]["factors"] if row["feature"] == "purchase_count")

        assert count["side"] == "high"
        assert count["threshold"] in (2.0, 3.0)
        assert count["among"] == 1.0
        assert count["en"].startswith("purchases of all time")
        assert "以上" in count["ja"]

    def test_who_lacks_a_purchase_is_asked_for_one_more(self, found: tuple[dict[str, Any], Path, ScoredBase]) -> None:
        """One row a customer, none of them loyal yet, none who has it already, each likelier with it than without."""
        _, out, everybody = found
        lacking = rows(out / "lacking_one.csv")
        not_loyal = set(everybody.vectors.customer_ids[~everybody.loyal])
        needed = float(lacking[0]["needed"])

        assert {row["ask"] for row in lacking} == {"buy again"}
        assert {row["ask_ja"] for row in lacking} == {"もう一度購入する"}
        assert len({row["customer_id"] for row in lacking}) == len(lacking) > 20
        assert {row["customer_id"] for row in lacking} <= not_loyal
        assert all(float(row["has_now"]) < needed for row in lacking)
        assert all(float(row["chance_with_it"]) >= float(row["chance_now"]) for row in lacking)

    def test_where_asking_moves_most_stands_first(self, found: tuple[dict[str, Any], Path, ScoredBase]) -> None:
        """The list is in the order in which a team would work it off."""
        gains = [float(row["chance_with_it"]) - float(row["chance_now"]) for row in rows(found[1] / "lacking_one.csv")]

        assert gains == pytest.approx(sorted(gains, reverse=True), abs=2e-4)


class TestChurn:
    def test_the_omens_are_of_those_who_stay_away(self, found: tuple[dict[str, Any], Path, ScoredBase]) -> None:
        """In this shop who leaves just stops: the rhythm and the days since the last purchase tell it."""
        omens = {row["feature"] for row in found[0]["churn"]["factors"]}

        assert omens & {"own_rhythm", "rhythm_alive", "recency_days", "overdue_ratio"}
        assert all(row["among"] > row["elsewhere"] for row in found[0]["churn"]["factors"])

    def test_everybody_who_bought_has_a_row_the_likeliest_to_leave_first(self, found: tuple[dict[str, Any], Path, ScoredBase]) -> None:
        """With how many omens they show, and the strongest in two languages."""
        _, out, everybody = found
        leaving = rows(out / "leaving.csv")
        chances = [float(row["churn_probability"]) for row in leaving]

        assert len(leaving) == len(everybody.vectors)
        assert chances == sorted(chances, reverse=True)
        assert int(leaving[0]["omens"]) > 0
        assert leaving[0]["strongest_ja"]


class TestFiles:
    def test_the_json_is_what_was_told(self, found: tuple[dict[str, Any], Path, ScoredBase]) -> None:
        """The report reads what the command printed."""
        assert json.loads((found[1] / "factors.json").read_text(encoding="utf-8")) == found[0]

    def test_a_person_reads_both_languages(self, found: tuple[dict[str, Any], Path, ScoredBase]) -> None:
        """Shares, sentence, and how many to ask for what."""
        said = text(found[0], found[1])

        assert "ロイヤル顧客の共通点" in said
        assert "buy again" in said

    def test_an_id_that_looks_like_a_formula_is_none_in_a_spreadsheet(
        self, tmp_path: Path, found: tuple[dict[str, Any], Path, ScoredBase]
    ) -> None:
        """An export may hold any id; opening the list must run nothing."""
        models = small_shop.model_set(small_shop.trained(small_shop.purchases(), labels=(Label.CHURN,), definitions=DEFINITIONS))
        everybody = found[2]
        everybody.vectors.customer_ids[0] = "=HYPERLINK(1)"

        tell(everybody, models, SETTINGS, as_of=NOW, out=tmp_path)

        assert "'=HYPERLINK(1)" in {row["customer_id"] for row in rows(tmp_path / "leaving.csv")}

    def test_a_label_without_a_model_says_so_and_leaves_no_file(
        self, tmp_path: Path, found: tuple[dict[str, Any], Path, ScoredBase]
    ) -> None:
        """Nothing is made up where nothing was trained."""
        told = tell(found[2], ModelSet({}), SETTINGS, as_of=NOW, out=tmp_path)

        assert "no model of future_loyal is live" in told["future_loyal"]["why_none"]
        assert [path.name for path in tmp_path.iterdir()] == ["factors.json"]

    def test_a_label_of_which_nothing_can_be_said_tells_why(self, tmp_path: Path, found: tuple[dict[str, Any], Path, ScoredBase]) -> None:
        """The model that is live only to say so is quoted."""
        told = tell(found[2], ModelSet({}, {Label.FUTURE_LOYAL: "9 of 100"}), SETTINGS, as_of=NOW, out=tmp_path)

        assert told["future_loyal"]["why_none"] == "not enough data for future loyalty, because 9 of 100"


def on(side: ThresholdSide) -> Callable[[str, float], Driver]:
    """A factor on one side of a threshold."""
    return lambda feature, threshold: Driver(feature, side, threshold, 1.0, 1.0, 1.0, 0.0)


HIGH, LOW, NONE = (on(side) for side in (ThresholdSide.HIGH, ThresholdSide.LOW, ThresholdSide.UNKNOWN))


class TestWords:
    @pytest.mark.parametrize(
        ("factor", "english", "japanese_"),
        [
            (HIGH("category_breadth", 3.0), "categories bought from: 3 or more", "購入カテゴリ数: 3以上"),
            (LOW("coupon_share", 0.25), "share of purchases made with a coupon: below 25%", "クーポン利用の割合: 25%未満"),
            (HIGH("paid_sum", 12_000.0), "money paid, all time: ¥12,000 or more", "累計購入金額: ¥12,000以上"),
            (NONE("days_since_open", np.nan), "days since a contact was last opened: never opened one", "最終開封からの日数: 記録なし"),
            (HIGH("birthday_month_now", 1.0), "this local month is the month of birth: yes", "今月が誕生月: はい"),
        ],
    )
    def test_a_factor_is_a_plain_sentence(self, factor: Driver, english: str, japanese_: str) -> None:
        """Counts, percent, money, what is not on record, yes or no."""
        assert says(factor, Formats("en", "JPY", "UTC"), Columns()) == english
        assert says(factor, Formats("ja", "JPY", "UTC"), Columns()) == japanese_

    def test_an_attribute_is_called_as_the_shop_calls_it(self) -> None:
        """The second of [records] attributes; one that the settings no longer name is called by its place."""
        columns = Columns(("age", "income"))

        assert says(NONE("attribute_2_code", np.nan), Formats("en", "JPY", "UTC"), columns) == "income: not on record"
        assert [columns.called("attribute_12_code", language) for language in ("en", "ja")] == ["customer attribute 12", "顧客属性12"]

    def test_every_change_is_asked_for_in_both_languages(self) -> None:
        """Which features a contact can move is declared with the feature."""
        assert {f.name for f in CATALOGUE if f.change is not None} == set(CHANGES)
        assert "purchase_count" in CHANGES
        assert all(change.ask != pgettext(ASK, change.ask, "ja") for change in CHANGES.values())
