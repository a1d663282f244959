"""Who answers which contact, learnt when `otokui train` runs and told with it; kept as data in the shop's folder ``answers``.

Nothing is decided by it: what a contact adds is the response model's to say, and who answers most would often have bought anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adapters.summary_files import read_batches
from features import fingerprint
from otokui.domain import Instant
from otokui.errors import NotEnoughData
from pipelines.answer_rows import ANSWER_DAYS, answer_rows
from pipelines.purchases import purchases
from pipelines.wiring import Shop
from training.answer import train_answer
from training.history import History
from training.pause_fit import learn_rhythm

TOLD = 6
"""Columns named in the report."""


def train_answers(shop: Shop, train_through: Instant) -> tuple[Mapping[str, float] | str, tuple[str, ...]]:
    """Learn the answer model and keep it; return its figures, or why there is none, and what it looks at most."""
    source, engine, small = shop.summariser
    training, zone = shop.settings.training, shop.settings.shop.timezone
    try:
        rows = answer_rows(source, engine, read_batches, train_through, zone, seed=training.seed, anew=small)
        history = History.of(purchases(source, train_through))
        rhythm = learn_rhythm(history, train_through, seed=training.seed)
        trained = train_answer(rows, rhythm, training, window_days=ANSWER_DAYS, fingerprint=fingerprint(), train_through=train_through)
    except NotEnoughData as error:
        return error.detail, ()
    shop.answers.export(trained.files)
    return trained.metrics, in_shops_words(trained.gains, shop.settings.records.attributes)[:TOLD]


def in_shops_words(columns: Iterable[str], attributes: Sequence[str]) -> tuple[str, ...]:
    """Return columns as the shop knows them: a code of ``[records] attributes`` by the column that is named there."""
    own = {f"attribute_{place}_code": column for place, column in enumerate(attributes, start=1)}
    return tuple(own.get(column, column) for column in columns)
