"""Who redeems a coupon that was mailed: Complete Journey, sends from 2017-08-01 on, each campaign foretold from what was known before.

    python -m benchmarks.redemption --data FOLDER [--page docs/benchmarks/redemption.md]

For each day on which campaigns begin, every method learns from the contacts whose answering days were over, and ranks those sent
on that day, as the customers stood then. AUC is over all sends together, and also the mean within campaigns, in which a method cannot
score by knowing that campaigns of one type are answered more. Answered = any coupon of the campaign redeemed, at any time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from adapters.summary_files import read_batches
from benchmarks.marked import put
from benchmarks.real_shops import SHOPS, arguments, open_shop
from benchmarks.redemption.offers import fits
from benchmarks.redemption.peers import PEERS, some
from features import fingerprint
from otokui.domain import DAY, Instant, parse_instant
from otokui.frames import Bools, Floats, Ints, texts
from pipelines.answer_rows import ANSWER_DAYS, at_sending, contacts
from pipelines.purchases import purchases
from pipelines.wiring import Shop
from scoring.answer import load_answer
from training import measures
from training.answer import AnswerRows, train_answer
from training.history import History
from training.pause_fit import learn_rhythm

NAME, FROM = "complete_journey", "2017-08-01"
OURS, OURS_PLAIN = "Otokui", "Otokui without the coupons"
WANTED = 0.81
DRAWS = 1_000


def said_of(shop: Shop, rows: AnswerRows, sent: pl.DataFrame, since: Instant) -> tuple[dict[str, Floats], Bools]:
    """Return what each method says of each contact, (n,), NaN before ``since``; and whether it was answered at all, (n,)."""
    at, converted = sent["at"].to_numpy(), sent["converted_at"].to_numpy()
    came: Bools = np.isfinite(converted.astype(np.float64))
    in_time = came & (np.nan_to_num(converted.astype(np.float64), nan=np.inf) < at + ANSWER_DAYS * DAY)
    history = History.of(purchases(shop.records, Instant(2**40)))
    said = {name: np.full(len(sent), np.nan) for name in (OURS, OURS_PLAIN, *PEERS)}
    for begin in np.unique(at[at >= since]):
        start, judge = Instant(int(begin)), at == begin
        over = at + ANSWER_DAYS * DAY <= begin
        rhythm = learn_rhythm(history.known_before(start), start, seed=shop.settings.training.seed)
        learn, ask = some(rows, over, in_time), some(rows, judge, came)
        for name, more in ((OURS, True), (OURS_PLAIN, False)):
            mine = learn if more else AnswerRows(learn.vectors, learn.messages, {}, learn.answered)
            trained = train_answer(
                mine, rhythm, shop.settings.training, window_days=ANSWER_DAYS, fingerprint=fingerprint(), train_through=start
            )
            said[name][judge] = load_answer(trained.files).chance(ask.vectors, ask.messages, ask.more)
            print(f"{start} {name}: {trained.metrics}, {list(trained.gains)[:6]}", flush=True)
        for name, peer in PEERS.items():
            said[name][judge] = peer(learn, ask)
    return said, came


def within(score: Floats, came: Floats, campaign: Ints) -> float:
    """Return the mean AUC within campaigns, each weighing its sends; campaigns without both outcomes tell nothing."""
    found, weight = [], []
    for each in np.unique(campaign):
        there = campaign == each
        value = measures.auc(score[there], came[there])
        if np.isfinite(value):
            found.append(value)
            weight.append(float(there.sum()))
    return float(np.average(found, weights=weight))


def difference(ours: Floats, peer: Floats, came: Floats, customers: Ints) -> tuple[float, float]:
    """Return the 95% interval of our AUC less a peer's: paired bootstrap over customers with all their contacts."""
    rng = np.random.default_rng(1)
    found = []
    size = int(customers.max()) + 1
    for _ in range(DRAWS):
        drawn = np.repeat(np.arange(len(came)), np.bincount(rng.integers(size, size=size), minlength=size)[customers])
        found.append(measures.auc(ours[drawn], came[drawn]) - measures.auc(peer[drawn], came[drawn]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def table(said: dict[str, Floats], came: Bools, sent: pl.DataFrame) -> str:
    """Return the figures of the contacts that were judged as Markdown."""
    judged = np.isfinite(said[OURS])
    truth = came[judged].astype(np.float64)
    customers = sent["customer_id"].rank("dense").to_numpy()[judged].astype(np.int64) - 1
    _, customers = np.unique(customers, return_inverse=True)
    campaign = sent["campaign_id"].to_numpy()[judged]
    lines = [
        f"**{int(judged.sum()):,} sends of {len(np.unique(campaign))} campaigns to {int(customers.max()) + 1:,} households, "
        f"{int(truth.sum())} answered**",
        "",
        "| | AUC (95%) | mean within campaigns | Otokui ahead by (95%) |",
        "|---|---|---|---|",
    ]
    flat = np.zeros(len(truth))
    for name, each in said.items():
        score = each[judged]
        value = measures.auc(score, truth)
        low, high = difference(score, flat, truth, customers)
        apart = ""
        if name != OURS:
            below, above = difference(said[OURS][judged], score, truth, customers)
            word = "ahead" if below > 0.0 else "behind" if above < 0.0 else "tie"
            apart = f"{measures.auc(said[OURS][judged], truth) - value:+.4f} [{below:+.4f}, {above:+.4f}] {word}"
        shown = f"{value:.4f} [{low + 0.5:.4f}, {high + 0.5:.4f}]"
        lines.append(f"| {name} | {shown} | {within(score, truth, campaign):.4f} | {apart} |")
    reached = "reached" if measures.auc(said[OURS][judged], truth) >= WANTED else "missed"
    return "\n".join([*lines, "", f"Wanted: at least {WANTED:g}: {reached}."])


def main() -> None:
    """Run, print, write."""
    parser = arguments(__doc__)
    parser.add_argument("--page", type=Path, help="the page to write the table into, e.g. docs/benchmarks/redemption.md")
    asked: argparse.Namespace = parser.parse_args()
    shop = open_shop(NAME, asked.data, asked.work)
    zone = shop.settings.shop.timezone
    sent = contacts(shop.records, Instant(2**40)).with_columns(campaign_id=pl.col("contact_id").str.extract(r"^(\d+)-").cast(pl.Int64))
    vectors = at_sending(shop.records, shop.engine, read_batches, sent, zone, most=len(sent))
    more = fits(shop.records, asked.data / SHOPS[NAME].folder / "coupons.parquet", sent)
    rows = AnswerRows(vectors, texts(sent["message_id"].to_list()), more, np.zeros(len(sent), dtype=np.bool_))
    text = table(*said_of(shop, rows, sent, parse_instant(FROM, zone)), sent)
    print(text)
    if asked.page is not None:
        put(asked.page, "redemption", text)


if __name__ == "__main__":
    main()
