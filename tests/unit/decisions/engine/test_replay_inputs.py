"""Policies and models of the past, by digest: each read once, and what is gone is said by whoever keeps it."""

from __future__ import annotations

import pytest

from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.compiler.policy_record import record
from decisions.engine.replay_inputs import Past
from otokui.domain import Label
from otokui.errors import Missing
from otokui.ports.models import ModelFiles
from tests.unit.decisions.builders import AS_OF, channel, message, settings


class Kept:
    """Policies by digest, with what was asked for; of models, none."""

    def __init__(self) -> None:
        configured, evidence = settings([message("hello", channels=["email"])], [channel()]), Evidence(AS_OF)
        self.digest = compile_policy(configured, evidence, None).digest
        self.records = {self.digest: record(configured, evidence, None)}
        self.asked: list[str] = []

    def policy(self, digest: str) -> str:
        """The record under a digest."""
        self.asked.append(digest)
        return self.records[digest]

    def model(self, label: Label, digest: str) -> ModelFiles:
        """None is kept."""
        raise Missing(f"{label}@{digest} is not kept", fix="restore it")


def test_a_policy_is_read_once_and_is_the_one_of_its_digest() -> None:
    """A log of ten thousand decisions under one policy compiles it once."""
    kept = Kept()
    past = Past(kept.policy, kept.model)

    first, again = past.policy(kept.digest), past.policy(kept.digest)

    assert (first is again, first.digest, kept.asked) == (True, kept.digest, [kept.digest])


def test_a_model_that_is_gone_is_said() -> None:
    """What is live now takes no part: no other model is put in its place."""
    kept = Kept()

    with pytest.raises(Missing, match="churn@abc is not kept"):
        Past(kept.policy, kept.model).models({"churn": "abc"})
