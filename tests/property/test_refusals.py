"""Whoever said no is left alone: every way of saying it, in any order of arrival, in any split into imports, on every ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, Instant, Status, show_instant
from otokui.ports.reservations import Reservation
from otokui.settings.settings import Settings
from pipelines.ingestion.ingest import ingest
from tests.contract.ledgers import make_schema
from tests.places import taken
from tests.unit.decisions import builders
from tests.unit.decisions.builders import AS_OF, channel, message, people, policy
from tests.unit.pipelines.ingesting import Shop

BEGIN = AS_OF - 1_200 * DAY  # most of what is said is older than the year in which contacts are remembered
HEADS = {
    "consents": "customer_id,channel,opted_in,changed_at,known_at",
    "suppressions": "customer_id,channel,reason,from,until,known_at",
    "contacts": "contact_id,customer_id,message_id,channel,sent_at,unsubscribed_at,complained_at,bounced_at,bounce_type",
}
SHOP: Settings = builders.settings([message("hello")], [channel("email"), channel("sms")])
FAR_OFF = 10**10
"""The time of a refusal that nothing can be later than."""


@dataclass(frozen=True)
class Told:
    """Rows about ada's e-mail: said when, in the words of an export; ``at`` = None where nothing is refused."""

    table: str
    row: str
    at: int | None


def clock(at: int) -> str:
    """Write a time as an export does, in UTC, which is the shop's zone."""
    return show_instant(Instant(at), "UTC")[:19]


moments = st.integers(0, 40).map(lambda n: BEGIN + n * 20 * DAY)
names = st.sampled_from(["email", "E-Mail", "メール", "fax"])
later = st.sampled_from(["", "2023-11-01T00:00:00"])


def yes(at: int, known: str) -> Told:
    """Ada agrees; ``known`` may say that the shop came to know of it much later."""
    return Told("consents", f"ada,email,true,{clock(at)},{known}", None)


def spoken(at: int, word: str, name: str) -> Told:
    """Ada refuses, in a word that says so or that nobody can read; over a channel of many names, or of none."""
    return Told("consents", f"ada,{name},{word},{clock(at)},", at)


def undated(when: str) -> Told:
    """Ada refuses at a time that cannot be read: known when it is brought."""
    return Told("consents", f"ada,email,false,{when},", FAR_OFF)


def listed(at: int, name: str, until: str) -> Told:
    """Ada is on the blacklist."""
    return Told("suppressions", f"ada,{name},asked,{clock(at)},{until},", FAR_OFF)


def sent(at: int, name: str, column: str, kind: str, mailing: str) -> Told:
    """A contact with ada, of a message known or not, says that it is unwanted or did not arrive."""
    at = at + 60
    said = {"unsubscribed_at": "", "complained_at": "", "bounced_at": ""} | {column: clock(at)}
    row = f"k{at}{column[0]},ada,{mailing},{name},{clock(at - 60)},{','.join(said.values())},{kind if column == 'bounced_at' else ''}"
    return Told("contacts", row, at)


no_words = st.sampled_from(["false", "unsubscribed", "opt-out", "配信停止", "退会", "pending", "perhaps", ""])
refusals = st.one_of(
    st.builds(spoken, moments, no_words, st.one_of(names, st.just(""))),
    st.builds(undated, st.sampled_from(["", "31.12.2022", "9999-12-31"])),
    st.builds(listed, moments, st.one_of(names, st.just("")), st.sampled_from(["", "9999-12-31", "2999-01-01", "soon"])),
    st.builds(
        sent,
        moments,
        names,
        st.sampled_from(["unsubscribed_at", "complained_at", "bounced_at"]),
        st.sampled_from(["", "hard", "permanent", "odd"]),
        st.sampled_from(["hello", "hello", ""]),
    ),
)
histories = st.tuples(
    st.lists(st.tuples(moments, later), max_size=3),
    st.lists(refusals, min_size=1, max_size=3),
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 2), min_size=12, max_size=12),
)


@contextmanager
def opened(url: str) -> Iterator[SqlLedger]:
    """Open an empty ledger of the shop."""
    with closing(open_ledger(url, channels=SHOP.channels, messages=SHOP.messages, contact_cap=9, contact_cap_days=7)) as ledger:
        yield ledger


def bring(folder: Path, ledger: SqlLedger, told: list[Told], calls: list[int]) -> None:
    """Ingest rows, each in one of three calls, one after the other; each call brings whatever tables it has rows of."""
    shop = Shop(folder, max_bad_share=1.0)
    everything = SHOP.model_copy(update={"records": shop.settings.records, "shop": shop.settings.shop})
    for call in range(3):
        rows = [each for each, number in zip(told, calls, strict=False) if number == call]
        tables = {t: "".join(f"{each.row}\n" for each in rows if each.table == t) for t in HEADS}
        files = {t: shop.file(f"{call}/{t}.csv", f"{HEADS[t]}\n{text}") for t, text in tables.items() if text}
        if files:
            ingest(shop.path, everything, files, Instant(AS_OF - 100 + call), ledger=ledger)


def contacted(ledger: SqlLedger) -> tuple[bool, bool]:
    """Say whether a decision contacts ada, and whether the ledger would give it a place."""
    ada = people(policy([message("hello")], [channel("email"), channel("sms")]))
    decided = replace(ada, state=ledger.contact_state(["ada"], AS_OF)).decide()
    place = Reservation("d", "ada", "hello", "hello", "email", AS_OF, Instant(AS_OF + DAY))
    return bool(decided.is_status(Status.CONTACT)[0]), taken(ledger, [place], AS_OF)[0]


def check(url: str, history: tuple[list[tuple[int, str]], list[Told], object, list[int]]) -> None:
    """Bring a history in which no yes is later than the last refusal, and see that ada is left alone."""
    agreed, refused, shuffled, calls = history
    last = max(each.at or 0 for each in refused)
    told = [yes(min(at, last), known) for at, known in agreed] + refused + [yes(BEGIN - DAY, "")]
    shuffled.shuffle(told)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder, opened(url.format(folder=folder)) as ledger:
        bring(Path(folder), ledger, told, calls)

        assert contacted(ledger) == (False, False)


@settings(max_examples=30, deadline=None)
@given(histories)
def test_nobody_who_said_no_is_contacted(history: tuple[list[tuple[int, str]], list[Told], object, list[int]]) -> None:
    """Neither by a decision nor by a reservation, though older consents arrive late, again, and under a new known_at."""
    check("sqlite:///{folder}/ledger.db", history)


@settings(max_examples=6, deadline=None)
@given(history=histories)
def test_nor_on_postgresql(postgres_server: str, history: tuple[list[tuple[int, str]], list[Told], object, list[int]]) -> None:
    """The same by the other database."""
    for url in make_schema(postgres_server):
        check(url, history)


@settings(max_examples=15, deadline=None)
@given(histories)
def test_a_later_yes_opens_the_channel_again(history: tuple[list[tuple[int, str]], list[Told], object, list[int]]) -> None:
    """Without which the properties above would hold of a ledger that lets nobody be contacted."""
    agreed, refused, shuffled, calls = history
    spoken_only = [each for each in refused if each.at != FAR_OFF]
    last = max((each.at or 0 for each in spoken_only), default=BEGIN)
    told = [yes(at, known) for at, known in agreed] + spoken_only + [yes(last + 1, "")]
    shuffled.shuffle(told)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder, opened(f"sqlite:///{folder}/ledger.db") as ledger:
        bring(Path(folder), ledger, told, calls)

        assert contacted(ledger) == (True, True)
