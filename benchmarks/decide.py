"""Benchmark of decisions for a million customers, beside raw LightGBM predictions.

Of the same boosters on the same matrix.

The customers are a shop's real ones drawn again and again, because LightGBM's speed depends on which branches are
taken. Both sides run chunk by chunk in turn, so that a noisy neighbour slows both.

    python -m benchmarks.decide --shop demo-shop [--customers 1000000]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from pathlib import Path

import numpy as np

from decisions.customer_batch import CustomerBatch
from decisions.engine.engine import DecisionEngine
from decisions.explanation.decision_json import rows
from features.vectors import derive
from otokui.domain import YES, Instant, offset_seconds
from otokui.frames import Batch, ContactState, texts
from pipelines.shop.shop import Shop
from scoring import predict
from scoring.model_files.booster_inputs import inputs_of

CHUNK = 20_000
TARGET_RATIO, TARGET_MS, TARGET_GIB = 1.5, 5.0, 2.0


def drawn(base: Batch, customers: int, start: int, rng: np.random.Generator) -> Batch:
    """Return real rows drawn with replacement, under ids of their own."""
    rows = base.rows(rng.integers(0, len(base), customers))
    return Batch(texts([f"c{start + i}" for i in range(customers)]), rows.names, rows.values)


def reachable(customers: int, channels: int, messages: int) -> ContactState:
    """Return contact states in which everybody consented to everything: the most work."""
    state = ContactState.unreadable(customers, channels, messages)
    for counted in ("contacts_in_period", "channel_contacts", "message_contacts", "unanswered", "blacklisted", "refused"):
        getattr(state, counted)[:] = 0
    state.consented[:] = YES
    return state


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shop", type=Path, default=Path("demo-shop"))
    parser.add_argument("--customers", type=int, default=1_000_000)
    asked = parser.parse_args()

    shop = Shop(asked.shop)
    published = sorted((asked.shop / "summaries").iterdir())[-1]
    as_of = Instant(int(published.name.split("-")[0]))
    made = shop.summaries(as_of)
    base = next(iter(shop.chunks(made)))
    models = shop.model_set(as_of)
    policy = shop.policy(shop.evidence(as_of, made))
    engine = DecisionEngine(models, policy)
    offset = offset_seconds(shop.settings.shop.timezone, as_of)
    channels, messages = len(policy.channels.names), len(policy.messages.ids)
    rng = np.random.default_rng(7)
    threads = shop.settings.training.threads

    derived = scored = decided = raw = 0.0
    for start in range(0, asked.customers, CHUNK):
        summaries = drawn(base, min(CHUNK, asked.customers - start), start, rng)
        state = reachable(len(summaries), channels, messages)
        t0 = time.perf_counter()
        vectors = derive(summaries, as_of, local_offset_seconds=offset)
        t1 = time.perf_counter()
        said = predict(
            vectors,
            models,
            as_of=as_of,
            horizons_days=policy.expected.horizons_days,
            definitions=policy.expected.definitions,
            summaries=summaries,
        )
        t2 = time.perf_counter()
        engine.decide(CustomerBatch(summaries, vectors, said, state, as_of, as_of))
        t3 = time.perf_counter()
        matrices = [inputs_of(vectors, m.manifest.rhythm, m.manifest.features).matrix for m in models.models.values()]
        t4 = time.perf_counter()
        for model, matrix in zip(models.models.values(), matrices, strict=True):
            model.booster.predict(matrix, raw_score=True, num_threads=threads)
        t5 = time.perf_counter()
        derived, scored, decided, raw = derived + t1 - t0, scored + t2 - t1, decided + t3 - t2, raw + t5 - t4

    ratio = (scored + decided) / raw
    trees = {str(label): model.booster.num_trees() for label, model in models.models.items()}
    print(f"{asked.customers:,} customers, {len(policy.candidates):,} candidates each, trees {trees}, {threads} threads")
    print(f"derive {derived:.1f} s, score {scored:.1f} s, decide {decided:.1f} s; raw LightGBM predict {raw:.1f} s")
    print(f"score + decide over raw predict: {ratio:.2f} (target {TARGET_RATIO} or less)")
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of this process: {gib:.2f} GiB (target {TARGET_GIB} or less per million customers)")

    one, state = base.rows(slice(0, 1)), reachable(1, channels, messages)
    single = {label: type(m)(m.manifest, m.digest, m.booster, 1) for label, m in models.models.items()}
    alone = DecisionEngine(type(models)(single), policy)
    seconds = []
    for _ in range(300):
        t0 = time.perf_counter()
        rows(alone.decide(alone.prepare(one, state, as_of, as_of)), [0])
        seconds.append(time.perf_counter() - t0)
    print(f"one customer, summaries to JSON-ready decision: median {statistics.median(seconds) * 1e3:.2f} ms (target {TARGET_MS} or less)")


if __name__ == "__main__":
    main()
