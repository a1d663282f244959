"""Forbidding rows whose values stand for nothing: a no is never weakened by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.pipelines.ingesting import NOW, Shop, at
from tests.unit.pipelines.ingestion.test_ingest_refusals import CONSENTS, CONTACTS, DAY_1, SUPPRESSIONS, agreed, told


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty shop in UTC."""
    return Shop(tmp_path, max_bad_share=0.3)


class TestPlaceholders:
    """Values by which databases and sending tools say "none", read so that they never weaken a no."""

    def test_a_no_of_1970_counts_from_now(self, shop: Shop) -> None:
        """At its own time it would be older than any yes."""
        shop.bring(consents=CONSENTS + "ada,email,no,1970-01-01 00:00:00\nbob,email,yes,2024-01-01\n")

        assert shop.rows("consents", "customer_id", "opted_in", "changed_at") == [("ada", False, NOW), ("bob", True, DAY_1)]

    @pytest.mark.parametrize("until", ["1970-01-01 00:00:00", "1900-01-01", "2023-12-31", "2024-01-01"])
    def test_an_end_before_its_beginning_is_none(self, shop: Shop, until: str) -> None:
        """A suppression that ended before it began holds for good."""
        shop.bring(suppressions=SUPPRESSIONS + f"ada,email,asked,2024-01-01,{until}\n")

        assert shop.rows("suppressions", "customer_id", "until") == [("ada", None)]

    def test_two_without_a_beginning_do_not_correct_each_other(self, shop: Shop) -> None:
        """What holds for good is not ended by a pause whose beginning cannot be read either."""
        shop.bring(suppressions=SUPPRESSIONS + "ada,email,asked,??,\n")
        shop.bring(now=NOW, suppressions=SUPPRESSIONS + "ada,email,pause,!!,2024-06-01\n")

        assert sorted(shop.rows("suppressions", "from", "until")) == [(0, None), (1, at("2024-06-01T00:00:00Z"))]

    @pytest.mark.parametrize("word", ["-1", " - 1", "−1"])
    def test_less_than_nothing_is_no_yes(self, shop: Shop, word: str) -> None:
        """Without its sign it would read as 1."""
        shop.bring(consents=CONSENTS + f"ada,email,{word},2024-01-01\n")

        assert agreed(shop) == {"ada": [False]}

    def test_a_hard_bounce_without_a_time_bounced_when_it_was_sent(self, shop: Shop) -> None:
        """Sending tools export the kind alone."""
        shop.bring(contacts=CONTACTS + "k1,ada,news,email,2024-01-01,,,hard\n")

        assert shop.rows("contacts", "contact_id", "bounced_at") == [("k1", DAY_1)]

    def test_a_rescued_refusal_is_never_older_than_its_contact(self, shop: Shop) -> None:
        """An opt-out of 1970, in a row that is set aside, counts from the send on."""
        good = "".join(f"g{i},c{i},news,email,2024-01-01,,,\n" for i in range(9))
        shop.bring(contacts=CONTACTS + good + "k1,ada,,email,2024-01-01,1970-01-01,,\n")

        assert shop.rows("consents", "customer_id", "opted_in", "changed_at") == [("ada", False, DAY_1)]

    def test_a_contact_with_cells_out_of_place_is_told_loudly(self, shop: Shop) -> None:
        """Whether it says no cannot be read."""
        good = "".join(f"g{i},c{i},news,email,2024-01-01,,,\n" for i in range(9))
        report = shop.bring(contacts=CONTACTS + good + "k1,ada,news,email,2024-01-01,2024-01-02,,,junk\n")

        assert ("refusal_lost", "", 1) in told(report)
