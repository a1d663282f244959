"""What forbids contacts is never set aside: it is kept in its most forbidding reading, counted and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pipelines.ingestion.ingest
from otokui.errors import BadRecords
from otokui.settings.contacts.channels import Channel
from pipelines.ingestion.ingest import IngestReport
from tests.unit.pipelines.ingesting import NOW, Shop, at

CONSENTS = "customer_id,channel,opted_in,changed_at\n"
SUPPRESSIONS = "customer_id,channel,reason,from,until\n"
CONTACTS = "contact_id,customer_id,message_id,channel,sent_at,unsubscribed_at,bounced_at,bounce_type\n"
DAY_1 = at("2024-01-01T00:00:00Z")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty shop in UTC with e-mail and SMS."""
    made = Shop(tmp_path, max_bad_share=0.3)
    channels = tuple(Channel(name=n, title=n, title_ja=n) for n in ("email", "sms"))
    made.settings = made.settings.model_copy(update={"channels": channels})
    return made


def agreed(shop: Shop) -> dict[str, list[bool]]:
    """Return what each customer is on record with."""
    found: dict[str, list[bool]] = {}
    for customer, opted_in in shop.rows("consents", "customer_id", "opted_in"):
        found.setdefault(customer, []).append(opted_in)
    return found


def told(report: IngestReport) -> list[tuple[str, str, int]]:
    """Return rule, column and count of each finding."""
    return [(f.rule, f.column, f.count) for f in report.findings]


class TestWords:
    @pytest.mark.parametrize(
        "word",
        [
            "unsubscribed",
            "Opt-Out",
            "OPTED_OUT",
            "cleaned",
            "bounced",
            "complained",
            "配信停止",
            "解除",
            "退会済み",
            "拒否",
            "不可",
            "×",
            "ＯＦＦ",
        ],
    )
    def test_of_no(self, shop: Shop, word: str) -> None:
        """As sending tools in English and Japanese export it; nothing is to be told."""
        report = shop.bring(consents=CONSENTS + f"ada,email,{word},2024-01-01\n")

        assert (agreed(shop), told(report)) == ({"ada": [False]}, [])

    @pytest.mark.parametrize("word", ["subscribed", "Opt in", "許諾", "同意済み", "配信可", "登録", "○", "TRUE", "1", "はい"])
    def test_of_yes(self, shop: Shop, word: str) -> None:
        """As sending tools in English and Japanese export it."""
        assert told(shop.bring(consents=CONSENTS + f"ada,email,{word},2024-01-01\n")) == []
        assert agreed(shop) == {"ada": [True]}

    @pytest.mark.parametrize("word", ["pending", "未確認", "仮登録"])
    def test_that_are_no_yes(self, shop: Shop, word: str) -> None:
        """A double opt-in that was never confirmed permits nothing."""
        shop.bring(consents=CONSENTS + f"ada,email,{word},2024-01-01\n")

        assert agreed(shop) == {"ada": [False]}

    @pytest.mark.parametrize("word", ["perhaps", "", "2", "x"])
    def test_that_cannot_be_read_are_a_no_and_told(self, shop: Shop, word: str) -> None:
        """Kept, counted, and with what to do."""
        report = shop.bring(consents=CONSENTS + f"ada,email,{word},2024-01-01\nbob,email,true,2024-01-01\n")

        assert agreed(shop) == {"ada": [False], "bob": [True]}
        assert told(report) == [("read_as_no", "opted_in", 1)]
        assert "write true or false" in report.findings[0].fix
        assert (report.counts["consents"].kept, report.counts["consents"].set_aside) == (2, {})

    @pytest.mark.parametrize(
        ("word", "kind"), [("Soft", "soft"), ("transient", "soft"), ("一時的", "soft"), ("permanent", "hard"), ("odd", "hard"), ("", None)]
    )
    def test_of_bounces(self, shop: Shop, word: str, kind: str | None) -> None:
        """What is not known to pass is hard."""
        shop.bring(contacts=CONTACTS + f"k,ada,news,email,2024-01-01,,2024-01-02,{word}\n")

        assert shop.rows("contacts", "bounce_type") == [(kind,)]


class TestConsents:
    @pytest.mark.parametrize("changed_at", ["31.12.2023", "", "2999-01-01", "9999-12-31"])
    def test_a_no_at_a_time_that_cannot_be_read_is_known_now(self, shop: Shop, changed_at: str) -> None:
        """It is newer than every yes on record."""
        report = shop.bring(consents=CONSENTS + f"ada,email,false,{changed_at}\nbob,email,true,2024-01-01\n")

        assert shop.rows("consents", "customer_id", "opted_in", "changed_at", "known_at")[0] == ("ada", False, NOW, NOW)
        assert told(report) == [("read_as_forbidding", "changed_at", 1)]

    def test_a_yes_that_cannot_be_read_is_set_aside(self, shop: Shop) -> None:
        """Nobody may be contacted on a guess."""
        report = shop.bring(consents=CONSENTS + "ada,email,true,31.12.2023\n" + "".join(f"c{i},email,true,2024-01-01\n" for i in range(9)))

        assert ("ada" in agreed(shop), told(report)) == (False, [("unparsable", "changed_at", 1)])

    def test_a_no_without_a_channel_is_about_every_channel(self, shop: Shop) -> None:
        """An empty channel is what the ledger takes for all."""
        rows = "ada,,unsubscribed,2024-01-01\nbob,,true,2024-01-01\neve,email,true,2024-01-01\ndan,email,true,2024-01-01\n"
        report = shop.bring(consents=CONSENTS + rows)

        assert shop.rows("consents", "customer_id", "channel") == [("ada", ""), ("dan", "email"), ("eve", "email")]
        assert told(report) == [("missing_value", "channel", 1), ("read_as_forbidding", "channel", 1)]

    @pytest.mark.parametrize("customer_id", ["", "ada@example.com"])
    def test_a_no_of_nobody_is_told_loudly(self, shop: Shop, customer_id: str) -> None:
        """It can block nobody, and somebody must see to it."""
        rows = "".join(f"c{i},email,true,2024-01-01\n" for i in range(200))
        report = shop.bring(consents=CONSENTS + f"{customer_id},email,false,2024-01-01\n" + rows)

        assert told(report)[0][::2] == ("refusal_lost", 1)
        assert "ATTENTION" in report.render()
        assert shop.quarantined("consents")[0]["rule"] == "refusal_lost"

    def test_a_yes_and_a_no_of_one_time_are_both_kept(self, shop: Shop) -> None:
        """In one file; the ledger then takes the no. Nothing is a duplicate."""
        for order in ("true,false", "false,true"):
            rows = "".join(f"ada,email,{word},2024-01-01\n" for word in order.split(","))
            report = shop.bring(consents=CONSENTS + rows)
            assert told(report) == []

        assert agreed(shop) == {"ada": [False, True]}

    def test_a_no_that_is_dated_later_is_known_now(self, shop: Shop) -> None:
        """The clock of another time zone: it counts from now on, not from tonight on."""
        shop.bring(consents=CONSENTS + "ada,email,false,2024-06-01T09:00:00Z\n")

        assert shop.rows("consents", "changed_at", "known_at") == [(NOW + 9 * 3_600, NOW)]

    def test_a_file_whose_words_nobody_understands_is_refused(self, shop: Shop) -> None:
        """Taken as refusals it would close the shop; the message says that nobody is left alone by it yet."""
        with pytest.raises(BadRecords, match=r"20 of 20 rows cannot be read.*NOT yet left alone"):
            shop.bring(consents=CONSENTS + "".join(f"c{i},email,{'AB'[i % 2]},2024-01-01\n" for i in range(20)))

        assert shop.source().tables() == []

    @pytest.mark.parametrize("table", ["consents", "suppressions"])
    def test_a_file_refused_whole_says_what_that_means(self, shop: Shop, table: str) -> None:
        """Whoever says no in it is not yet left alone."""
        with pytest.raises(BadRecords, match="missing_column.*NOT yet left alone"):
            shop.bring(**{table: "customer,channel\nada,email\n"})


class TestSuppressions:
    @pytest.mark.parametrize("until", ["9999-12-31", "2999-12-31", "2200-01-01", "9999-12-31 23:59:59", ""])
    def test_an_end_beyond_all_days_is_for_good(self, shop: Shop, until: str) -> None:
        """As databases spell it; nothing is to be told."""
        report = shop.bring(suppressions=SUPPRESSIONS + f"ada,email,asked,2024-01-01,{until}\n")

        assert (shop.rows("suppressions", "until"), told(report)) == ([(None,)], [])

    def test_an_end_beyond_all_days_needs_no_offset(self, shop: Shop) -> None:
        """Times with an offset beside it do not make the file one of mixed time zones."""
        rows = "ada,,asked,2024-01-01T00:00:00Z,9999-12-31\nbob,,asked,2024-01-01T00:00:00Z,2024-03-01T00:00:00Z\n"
        shop.bring(suppressions=SUPPRESSIONS + rows)

        assert shop.rows("suppressions", "customer_id", "until") == [("ada", None), ("bob", at("2024-03-01T00:00:00Z"))]

    @pytest.mark.parametrize(
        ("row", "kept", "column"),
        [
            ("ada,email,asked,2024-01-01,soon", ("email", "asked", DAY_1, None), "until"),
            ("ada,email,asked,long ago,2024-12-31", ("email", "asked", 1, DAY_1 + 365 * 86_400), "from"),
            ("ada,email,,2024-01-01,", ("email", "not said", DAY_1, None), "reason"),
            ("ada,,asked by ada@example.com,,", (None, "personal data removed", 0, None), "from"),
        ],
    )
    def test_what_cannot_be_read_forbids_the_most(self, shop: Shop, row: str, kept: tuple[Any, ...], column: str) -> None:
        """From the beginning, and for good."""
        rows = "".join(f"c{i},email,asked,2024-01-01,\n" for i in range(200))
        report = shop.bring(suppressions=SUPPRESSIONS + row + "\n" + rows)

        assert shop.rows("suppressions", "channel", "reason", "from", "until", "customer_id").count((*kept, "ada")) == 1
        assert ("read_as_forbidding", column, 1) in told(report)

    @pytest.mark.parametrize("ends", [("2024-02-01", ""), ("", "2024-02-01"), ("2024-02-01", "2024-03-01")])
    def test_of_two_ends_in_one_file_the_later_stands(self, shop: Shop, ends: tuple[str, str]) -> None:
        """Whichever stands first."""
        shop.bring(
            suppressions=SUPPRESSIONS + "".join(f"ada,email,asked,2024-01-01,{until}\n" for until in ends) + "bob,,asked,2024-01-01,\n"
        )

        expected = at("2024-03-01T00:00:00Z") if all(ends) else None
        assert [until for who, until in shop.rows("suppressions", "customer_id", "until") if who == "ada"] == [expected]


class TestContacts:
    def test_a_refusal_in_a_row_that_is_set_aside_is_kept_as_a_no(self, shop: Shop) -> None:
        """The message is missing; what the customer said is not."""
        rows = "k1,ada,,email,2024-01-01,2024-01-02,,\n" + "".join(f"k{i},c{i},news,email,2024-01-01,,,\n" for i in range(10, 20))
        report = shop.bring(contacts=CONTACTS + rows)

        assert shop.rows("consents", "customer_id", "channel", "opted_in", "changed_at") == [("ada", "email", False, DAY_1 + 86_400)]
        assert ("refusal_rescued", "message_id", 1) in told(report)

    @pytest.mark.parametrize("said", ["yes", "0000-00-00"])
    def test_a_time_that_cannot_be_read_is_now(self, shop: Shop, said: str) -> None:
        """Somebody wrote down that they unsubscribed, and not when."""
        rows = f"k1,ada,news,email,2024-01-01,{said},,\n" + "".join(f"k{i},c{i},news,email,2024-01-01,,,\n" for i in range(10, 20))
        shop.bring(contacts=CONTACTS + rows)

        assert shop.rows("consents", "customer_id", "opted_in", "changed_at") == [("ada", False, NOW)]

    def test_a_refusal_in_a_second_row_of_the_contact_is_kept(self, shop: Shop) -> None:
        """One row a thing that happened: the rows add up to one contact, with the refusal and the bounce."""
        rows = "k1,ada,news,email,2024-01-01,,,\nk1,ada,news,email,2024-01-01,2024-01-02,,\nk1,ada,news,email,2024-01-01,,2024-01-02,soft\n"
        shop.bring(contacts=CONTACTS + rows + "".join(f"k{i},c{i},news,email,2024-01-01,,,\n" for i in range(10, 20)))

        (ada,) = [row for row in shop.rows("contacts", "customer_id", "unsubscribed_at", "bounced_at") if row[0] == "ada"]
        assert ada == ("ada", DAY_1 + 86_400, DAY_1 + 86_400)
        assert shop.quarantined("contacts") == []

    def test_a_soft_bounce_in_a_bad_row_is_kept_to_be_counted(self, shop: Shop) -> None:
        """By itself it closes nothing; as the third in a row it closes the channel."""
        rows = "k1,ada,,email,2024-01-01,,2024-01-02,soft\n" + "".join(f"k{i},c{i},news,email,2024-01-01,,,\n" for i in range(10, 20))
        shop.bring(contacts=CONTACTS + rows)

        assert "consents" not in shop.source().tables()
        kept = shop.rows("contacts", "contact_id", "customer_id", "message_id", "bounced_at", "bounce_type")
        assert ("k1", "ada", "unknown", DAY_1 + 86_400, "soft") in kept
        assert shop.quarantined("contacts") == []

    def test_a_refusal_dated_in_the_future_counts_now(self, shop: Shop) -> None:
        """A slip of the pen must not put it off."""
        shop.bring(contacts=CONTACTS + "k1,ada,news,email,2024-01-01,2025-01-02,,\n")

        assert shop.rows("contacts", "unsubscribed_at") == [(NOW,)]


def test_channels_that_the_settings_do_not_name_are_told_with_the_likely_one(shop: Shop) -> None:
    """A no over an alias is understood; a yes over it opens nothing."""
    rows = "ada,emial,false,2024-01-01\nbob,メール,false,2024-01-01\neve,メール,true,2024-01-01\ndan,email,true,2024-01-01\n"
    (finding,) = shop.bring(consents=CONSENTS + rows).findings

    assert (finding.rule, finding.count, finding.examples) == ("unknown_channel", 2, ("emial", "メール"))
    assert "1 that say no close every channel, 1 that say yes open none; 'emial' is likely 'email'" in finding.says


def test_a_file_brought_to_an_earlier_build_is_read_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set aside then may be understood now; what is on record adds nothing."""
    rows = CONSENTS + "ada,email,false,2024-01-01\n"
    monkeypatch.setattr(pipelines.ingestion.ingest, "READINGS", {})
    shop.bring(consents=rows)
    monkeypatch.undo()

    again, third = shop.bring(consents=rows), shop.bring(consents=rows)

    assert (again.known_files, again.counts["consents"].known_already, third.known_files) == ((), 1, ("consents: consents.csv",))
