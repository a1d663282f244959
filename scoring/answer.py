"""How likely a contact of this message is answered by this customer: a chance to rank by, not what the contact adds.

Kept apart from ``scoring.response``, which says what a contact adds beyond what would have been bought anyway, and must therefore not
look at earlier contacts. An answer is what the send engine reports of the contact itself (a coupon redeemed, a goal reached), and
the customer's own earlier answers say most of it.

The model starts from two counts, and the booster corrects them: the share answered of contacts of that message (shrunk to that of
all), and the customer's own answers against those to be expected of so many contacts, gamma-Poisson as in ``decisions.attention``
(Gelman et al., Bayesian Data Analysis, 3rd ed., 2.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import lightgbm
import numpy as np
from pydantic import Field

from otokui.errors import BadInput
from otokui.frames import Batch, Floats, Texts
from otokui.offers import Section
from otokui.ports import ModelFiles
from scoring.calibration import Affine, logit, sigmoid
from scoring.inputs import inputs_of
from scoring.manifest import digest_of
from scoring.pair import booster_of, of_this_build, vouched
from scoring.rhythm import Rhythm

RATE = "message_rate"
"""The column in which the booster is told which message it is: by its share answered, so that a message not seen before has one too."""


class Share(Section):
    """Contacts of one message, and those of them that were answered."""

    message_id: str
    sent: float = Field(ge=0.0)
    answered: float = Field(ge=0.0)


class AnswerManifest(Section):
    """What an answer model says of itself. Instants are UTC seconds.

    features: columns of the vectors; more: further columns that the caller brings, of what the message offers to this customer;
    usual: share answered of all contacts; strength: contacts the usual share is worth beside a message's own; own_shape: answers
    that the expected are worth beside a customer's own.
    """

    format: Literal[1] = 1
    kind: Literal["answer"] = "answer"
    features: tuple[str, ...] = Field(min_length=1)
    more: tuple[str, ...] = ()
    messages: tuple[Share, ...]
    usual: float = Field(gt=0.0, lt=1.0)
    strength: float = Field(gt=0.0)
    own_shape: float = Field(gt=0.0)
    window_days: float = Field(gt=0.0)
    rhythm: Rhythm
    calibration: Affine
    best_iteration: int = Field(ge=0)
    params: dict[str, str | int | float | bool] = Field(default={})
    fingerprint: str
    trained_through: int
    metrics: dict[str, float] = Field(default={})
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    otokui_version: str

    def to_json(self) -> str:
        """Return the manifest as JSON: the same manifest, the same bytes."""
        return self.model_dump_json(indent=1)


def message_rates(messages: Sequence[Share], usual: float, strength: float, asked: Texts) -> Floats:
    """Return the share answered of each message asked for (n,), shrunk to the usual; the usual for one not seen before."""
    by_id = {each.message_id: (each.answered + strength * usual) / (each.sent + strength) for each in messages}
    return np.array([by_id.get(str(message), usual) for message in asked], dtype=np.float64)


def own_factor(vectors: Batch, usual: float, shape: float) -> Floats:
    """Return the customer's own answers against those to be expected of so many contacts, (n,); 1 = as usual, or never contacted."""
    sent = np.nan_to_num(vectors.column("sent_count"), nan=0.0)
    answered = np.nan_to_num(vectors.column("conversion_share"), nan=0.0) * sent
    found: Floats = (shape + answered) / (shape + sent * usual)
    return found


def start(vectors: Batch, rates: Floats, usual: float, shape: float) -> Floats:
    """Return the log odds that the booster corrects, (n,)."""
    return logit(np.clip(rates * own_factor(vectors, usual, shape), 1e-4, 0.95))


def widened(vectors: Batch, rates: Floats, more: Mapping[str, Floats]) -> Batch:
    """Return the vectors with the message's rate and the caller's columns beside them.

    Raises:
        BadInput: a column has another length.
    """
    columns = [rates, *more.values()]
    if any(column.shape != (len(vectors),) for column in columns):
        raise BadInput(f"a further column does not have one value for each of {len(vectors)} contacts", fix="give (n,) arrays")
    return Batch(vectors.customer_ids, (*vectors.names, RATE, *more), np.column_stack([vectors.values, *columns]))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer model, loaded."""

    manifest: AnswerManifest
    digest: str
    booster: lightgbm.Booster

    def chance(self, vectors: Batch, messages: Texts, more: Mapping[str, Floats] | None = None) -> Floats:
        """Return the chance that a contact of each message is answered within the window, (n,): row by row, customer and message.

        Raises:
            BadInput: a column that the model was trained with is not brought.
        """
        said, brought = self.manifest, more or {}
        absent = [name for name in said.more if name not in brought]
        if absent:
            raise BadInput(f"the answer model was trained with the columns {absent}", fix="bring them, (n,) each")
        rates = message_rates(said.messages, said.usual, said.strength, messages)
        wide = widened(vectors, rates, {name: brought[name] for name in said.more})
        matrix = inputs_of(wide, said.rhythm, (*said.features, RATE, *said.more)).matrix
        raw = np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=1), dtype=np.float64)
        return sigmoid(said.calibration.apply(raw + start(vectors, rates, said.usual, said.own_shape)))


def load_answer(files: ModelFiles) -> Answer:
    """Load an answer model after checking it.

    Raises:
        BrokenModel: the manifest cannot be read, or the text is not the one it vouches for.
        FeatureSetMismatch: it was trained on other features than this build computes.
    """
    manifest = vouched(files, AnswerManifest, "answer model")
    of_this_build(manifest)
    return Answer(manifest, digest_of(files.manifest), booster_of(files, "answer model"))
