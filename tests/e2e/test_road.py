"""The whole road through the command line, on half a year of 500 real households: the contract of the verbs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.metrics import roc_auc_score

from otokui.clock import now
from otokui.domain import DAY, Instant, parse_instant
from otokui.ports.reservations import Reservation
from pipelines.ingestion.ingest import ingest
from pipelines.shop.shop import Shop
from tests.e2e.households import CUTOFF, copied, exported, make, run, sources
from tests.places import placed
from tests.third_language import third_language

__all__ = ["third_language"]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("e2e")]


@pytest.fixture(scope="module")
def shop(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with seven months of records, trained on the first five."""
    return copied(trained, tmp_path_factory.mktemp("road") / "shop")


def predictions(shop: Path, as_of: str) -> pl.DataFrame:
    """Return the predictions as of a date."""
    out = shop / f"predictions-{as_of}.parquet"
    run("predict", "--shop", shop, "--as-of", as_of, "--out", out)
    return pl.read_parquet(out)


def rows(folder: Path) -> list[dict[str, Any]]:
    """Return the decisions of a run."""
    return pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("part-*.parquet"))]).to_dicts()


def increasing(values: Sequence[float]) -> bool:
    """Whether none is smaller than the one before."""
    return all(a <= b for a, b in pairwise(values))


class TestPredict:
    def test_writes_one_row_per_customer_with_every_column_of_the_contract(self, shop: Path) -> None:
        """Horizons of the settings stand beside the standard ones, also one longer than the history."""
        said = predictions(shop, CUTOFF)

        horizons = (7, 14, 30, 60, 90, 400)
        wanted = {f"{name}_{h}d" for h in horizons for name in ("p_purchase", "expected_purchases", "median_purchases", "expected_spend")}
        wanted |= {"customer_id", "as_of", "days_to_next_median", "days_to_next_p10", "days_to_next_p90", "churn_probability"}
        wanted |= {"future_loyal_probability", "state", "known"}
        wanted |= {f"p_next_purchase_weekday_{day}" for day in range(1, 8)} | {f"p_next_purchase_hours_{3 * k:02}" for k in range(8)}
        assert wanted <= set(said.columns)
        assert said["customer_id"].n_unique() == len(said)

    def test_says_which_horizons_were_extrapolated_and_how(self, shop: Path) -> None:
        """400 days lie beyond the history; nobody should take them for measured."""
        told = json.loads(run("predict", "--shop", shop, "--as-of", CUTOFF, "--out", shop / "again.parquet", "--json"))

        assert 400 in told["extrapolated_days"]
        assert "decay" in told["extrapolated_how"]

    def test_every_chance_is_one_and_grows_with_the_horizon(self, shop: Path) -> None:
        """A longer horizon can only add chance, and a median lies between its tenth and ninetieth percentile."""
        for row in predictions(shop, CUTOFF).to_dicts():
            chances = [row[f"p_purchase_{h}d"] for h in (7, 14, 30, 60, 90, 400)]
            assert increasing([0.0, *chances, 1.0])
            assert increasing([row["days_to_next_p10"], row["days_to_next_median"], row["days_to_next_p90"]])

    def test_a_favourite_span_of_the_shops_own_clock_is_likelier(self, shop: Path) -> None:
        """Training, summaries and predictions all mean the local day: most buy in the span they were told to be likeliest in, or near."""
        said = predictions(shop, CUTOFF)
        names = [f"p_next_purchase_hours_{3 * k:02}" for k in range(8)]
        orders = pl.read_parquet(sorted((shop / "records" / "orders").rglob("*.parquet")), hive_partitioning=False)
        past = orders.filter(pl.col("ordered_at") < 1_496_289_600).with_columns(span=pl.col("ordered_local") % 86_400 // 10_800)
        favourite = past.group_by("customer_id").agg(pl.len(), pl.col("span").mode().min()).filter(pl.col("len") >= 30)
        told = said.select("customer_id", pl.concat_list(names).list.arg_max().alias("likeliest")).join(favourite, on="customer_id")

        assert said.select(pl.sum_horizontal(names)).to_series().is_between(1 - 1e-9, 1 + 1e-9).all()
        assert (told["likeliest"] == told["span"]).mean() > 0.8

    def test_tells_who_buys_within_a_week_better_than_recency_alone(self, shop: Path) -> None:
        """On the seven days after the cut-off, which training has not seen."""
        said = predictions(shop, CUTOFF)
        orders = pl.read_parquet(sorted((shop / "records" / "orders").rglob("*.parquet")), hive_partitioning=False)
        start = 1_496_289_600
        after = orders.filter(pl.col("ordered_at").is_between(start, start + 7 * 86_400, closed="left"))["customer_id"].unique()
        before = orders.filter(pl.col("ordered_at") < start).group_by("customer_id").agg(last=pl.col("ordered_at").max())
        told = said.join(before, on="customer_id").with_columns(came=pl.col("customer_id").is_in(after.implode()))

        assert roc_auc_score(told["came"], told["p_purchase_7d"]) > roc_auc_score(told["came"], told["last"])

    def test_a_model_that_has_seen_later_records_is_not_used(self, shop: Path) -> None:
        """Predictions for a day before the training's end name the fix instead of using what was not known then."""
        output = run("predict", "--shop", shop, "--as-of", "2017-05-01", "--out", shop / "no.parquet", fails=8)

        assert "--cutoff" in output
        assert not (shop / "no.parquet").exists()


def test_what_happened_after_the_date_changes_no_prediction(shop: Path, tmp_path: Path) -> None:
    """A shop that holds nothing after the cut-off trains and predicts the same (sums of floats may differ in the last bit)."""
    other = make(tmp_path / "other", until=CUTOFF)

    assert_frame_equal(predictions(other, CUTOFF), predictions(shop, CUTOFF), rel_tol=1e-6)


class TestDecide:
    def test_everybody_has_one_row_with_a_reason_in_both_languages(self, shop: Path) -> None:
        """Silence is a row too. What lapsed long before is gone from the ledger afterwards."""
        long_ago = Instant(parse_instant(CUTOFF) - 400 * DAY)
        with Shop(shop).ledger as ledger:
            old = Reservation("old", "nobody", "dormant_return", "dormant", "email", long_ago, long_ago)
            assert placed(ledger, [old], Instant(long_ago - DAY))[0]
        run("decide", "--shop", shop, "--as-of", CUTOFF, "--out", shop / "decisions" / "first")
        decided = rows(shop / "decisions" / "first")

        assert len({row["customer_id"] for row in decided}) == len(decided) == predictions(shop, CUTOFF).height
        assert all(row["reason_1"] for row in decided)
        with Shop(shop).ledger as ledger:
            assert ledger.forget_lapsed(Instant(long_ago + 1)) == 0

    def test_only_those_whose_consent_was_known_are_contacted(self, shop: Path) -> None:
        """Each over a channel for which they had agreed before that day."""
        run("decide", "--shop", shop, "--as-of", CUTOFF, "--out", shop / "decisions" / "second", "--dry-run")
        consents = pl.read_parquet(sorted((shop / "records" / "consents").rglob("*.parquet")), hive_partitioning=False)
        known = consents.filter(pl.col("changed_at") < 1_496_289_600)
        agreed = set(zip(known["customer_id"], known["channel"], strict=True))
        contacted = [row for row in rows(shop / "decisions" / "second") if row["status"] == "contact"]

        assert contacted
        assert {(row["customer_id"], row["channel"]) for row in contacted} <= agreed

    def test_messages_name_products_of_the_shop_and_others_name_none(self, shop: Path) -> None:
        """The ranking was learnt with the models; whoever is left alone is shown nothing."""
        run("decide", "--shop", shop, "--as-of", CUTOFF, "--out", shop / "decisions" / "named", "--dry-run")
        known = set(pl.read_parquet(sorted((shop / "records" / "products").rglob("*.parquet")), hive_partitioning=False)["product_id"])
        decided = rows(shop / "decisions" / "named")
        named = [(row["status"], json.loads(row["products"])) for row in decided if row["products"]]

        assert {status for status, _ in named} <= {"contact", "control"}
        assert any(status == "contact" for status, _ in named)
        assert all(0 < len(products) <= 3 and set(products) <= known for _, products in named)

    def test_the_manifest_vouches_for_the_files(self, shop: Path) -> None:
        """Rows by status add up to the base."""
        run("decide", "--shop", shop, "--as-of", CUTOFF, "--out", shop / "decisions" / "third", "--dry-run")
        manifest = json.loads((shop / "decisions" / "third" / "manifest.json").read_text(encoding="utf-8"))

        assert sum(manifest["by_status"].values()) == manifest["rows"] == predictions(shop, CUTOFF).height


def test_explain_tells_both_languages_and_what_lost(shop: Path) -> None:
    """One customer's story, with every candidate that lost and why."""
    customer_id = predictions(shop, CUTOFF)["customer_id"][0]

    told = json.loads(run("explain", customer_id, "--shop", shop, "--as-of", CUTOFF, "--json"))

    assert told["decision"]["reasons"][0]["text"]
    assert told["decision"]["reasons"][0]["text_ja"]
    assert all(lost["why"] for lost in told["lost"])
    assert all(len(lost["unmet"]) == len(lost["unmet_ja"]) == len(lost["conditions"]) for lost in told["lost"])
    text = run("explain", customer_id, "--shop", shop, "--as-of", CUTOFF)
    assert "chance of leaving: " in text
    columns = {*told["predictions"], *(factor["feature"] for label in told["factors"].values() for factor in label)}
    assert not [column for column in columns if "_" in column and column in text]


def test_one_file_more_is_one_language_more(shop: Path, third_language: str) -> None:
    """The page and an explanation are told in it, by the command line."""
    customer_id = predictions(shop, CUTOFF)["customer_id"][0]
    run("report", "--shop", shop, "--out", shop / "third.html", "--as-of", CUTOFF, "--language", third_language)

    assert "⟦When they buy next⟧" in (shop / "third.html").read_text(encoding="utf-8")
    assert "⟦Why⟧" in run("explain", customer_id, "--shop", shop, "--as-of", CUTOFF, "--language", third_language)
    told = json.loads(run("explain", customer_id, "--shop", shop, "--as-of", CUTOFF, "--language", third_language, "--json"))
    assert set(told["decision"]["reasons"][0]) == {"code", "text", "text_ja", "text_de"}
    assert "has no catalogue" in run("report", "--shop", shop, "--out", shop / "none.html", "--language", "tlh", fails=2)


def test_report_and_doctor_cover_the_shop(shop: Path) -> None:
    """The page is one file, and the dictionary names every table that came in."""
    run("report", "--shop", shop, "--out", shop / "report.html", "--as-of", CUTOFF)
    run("doctor", "--shop", shop)

    page = (shop / "report.html").read_text(encoding="utf-8")
    assert "When they buy next" in page
    assert "order_lines" in (shop / "data-dictionary.md").read_text(encoding="utf-8")


def test_ingesting_twice_changes_nothing(shop: Path, tmp_path: Path) -> None:
    """Overlapping exports are every shop's daily bread."""
    before = predictions(shop, CUTOFF)
    told = json.loads(run("ingest", "--shop", shop, *sources(exported(tmp_path, CUTOFF)), "--json"))

    assert told["changed"] is False
    assert predictions(shop, CUTOFF).equals(before)


def test_what_is_on_record_reaches_the_ledger_before_anybody_is_decided_about(trained: Path, tmp_path: Path) -> None:
    """A run that died between commit and sync: its refusals count in the next decision, and explain tells them."""
    shop = copied(trained, tmp_path / "shop")
    run("decide", "--shop", shop, "--as-of", CUTOFF, "--out", tmp_path / "before", "--dry-run")
    contacted = [row for row in rows(tmp_path / "before") if row["status"] == "contact"]
    refused = {row["customer_id"] for row in contacted}
    file = tmp_path / "suppressions.csv"
    file.write_text("customer_id,reason,from\n" + "".join(f"{c},asked,2017-05-01\n" for c in sorted(refused)), encoding="utf-8")
    ingest(shop, Shop(shop).settings, {"suppressions": str(file)}, now())
    assert refused
    assert Shop(shop).ledger.last_batch("suppressions") == -1

    run("decide", "--shop", shop, "--as-of", CUTOFF, "--out", tmp_path / "after")
    after = {row["customer_id"]: row for row in rows(tmp_path / "after")}
    explained = json.loads(run("explain", f" {min(refused)} ", "--shop", shop, "--as-of", CUTOFF, "--json"))

    assert {after[c]["status"] for c in refused} == {"suppressed"}
    assert all("blacklisted" in after[c]["suppressions"] for c in refused)
    assert explained["decision"]["status"] == "suppressed"
    assert "1 to 128 printable" in run("explain", "c\u200b1", "--shop", shop, "--as-of", CUTOFF, fails=2)
    assert "has all that is on record" in run("sync", "--shop", shop)
