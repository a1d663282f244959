"""Models, messages and channels over HTTP: in the caller's language, and 304 for who has them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapters.decision_archive.jobs.job_store import JobStore
from otokui.domain import Label
from scoring.base_models.calibration import Affine
from tests.unit.serving.conftest import CUTOFF, SETTINGS, World

pytestmark = pytest.mark.usefixtures("job_store")

MANIFEST = SimpleNamespace(
    trained_through=CUTOFF,
    cutoffs=(CUTOFF - 86_400,),
    horizon_days=90.0,
    best_iteration=12,
    otokui_version="0.1.0",
    speaks=True,
    not_enough="",
    metrics={"auc": 0.75, "gini": float("nan")},
    calibration=(Affine(intercept=0.5, slope=1.5),),
)


def test_messages_are_those_of_the_settings(world: World, job_store: JobStore) -> None:
    """With scenario, objective, channels, caps and incentive."""
    reply = world.http.get("/v1/messages").json()

    assert (reply["language"], reply["currency"]) == ("en", "JPY")
    assert [(m["message_id"], m["scenario"], m["title"], m["channels"]) for m in reply["messages"]] == [
        ("news", "news", "News", ["email", "sms", "site"]), ("thanks", "care", "Thanks", ["email"]),
    ]  # fmt: skip
    assert reply["messages"][0].items() >= {"cap": 1, "cap_days": 30, "incentive": None, "content": None, "enabled": True}.items()


def test_channels_are_those_of_the_settings(world: World) -> None:
    """With costs, capacity, quiet hours, caps, and push or pull."""
    reply = world.http.get("/v1/channels").json()

    assert (reply["timezone"], [c["name"] for c in reply["channels"]]) == ("Asia/Tokyo", ["email", "sms", "site"])
    assert [c["reach"] for c in reply["channels"]] == ["push", "push", "pull"]
    assert reply["channels"][1].items() >= {"cost": 10.0, "kind": "message", "quiet_from_hour": 21, "capacity_per_day": None}.items()


def test_costs_are_those_that_decisions_are_charged(world: World) -> None:
    """In the shop's currency: times [decisions] cost_scale."""
    decisions = SETTINGS.decisions.model_copy(update={"cost_scale": 0.5})
    messages = (SETTINGS.messages[0].model_copy(update={"incentive_cost": 100.0}),)
    world.source.next = world.live(settings=SETTINGS.model_copy(update={"decisions": decisions, "messages": messages}))
    world.app.state.refresh()

    assert world.http.get("/v1/channels").json()["channels"][1]["cost"] == 5.0
    assert world.http.get("/v1/messages").json()["messages"][0]["incentive"] == 50.0


def test_models_say_where_they_come_from_and_how_good_they_are(world: World) -> None:
    """What is not a number is null."""
    live = world.live(manifests={Label.CHURN: cast(Any, MANIFEST)}, live_since={Label.CHURN: CUTOFF}, model_versions={Label.CHURN: "7"})
    world.source.next = live
    world.app.state.refresh()

    (model,) = world.http.get("/v1/models").json()["models"]

    assert model == {
        "label": "churn", "title": "churn", "digest": "abc", "version": "7", "live_since": "2025-04-01T09:00:00+09:00",
        "trained_through": "2025-04-01T09:00:00+09:00", "cutoffs": ["2025-03-31T09:00:00+09:00"], "horizon_days": 90.0, "trees": 12,
        "otokui_version": "0.1.0", "predicts": True, "not_enough": None, "metrics": {"auc": 0.75, "gini": None},
        "calibration": [{"intercept": 0.5, "slope": 1.5}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("header", "query", "language"),
    [
        ("", {}, "en"),
        ("ja", {}, "ja"),
        ("fr, ja-JP;q=0.8, en;q=0.9", {}, "en"),
        ("fr;q=1, ja-JP;q=0.8", {}, "ja"),
        ("ja;q=0, *;q=0.1", {}, "en"),
        ("ja;q=x,,;;", {}, "en"),
        ("ja", {"language": "en"}, "en"),
        ("en", {"language": "ja"}, "ja"),
    ],
)
def test_titles_are_in_the_language_asked(world: World, header: str, query: dict[str, str], language: str) -> None:
    """The query goes before the header; what has no catalogue is passed over."""
    reply = world.http.get("/v1/messages", params=query, headers={"Accept-Language": header})

    assert (reply.json()["language"], reply.headers["content-language"]) == (language, language)
    assert reply.json()["messages"][0]["title"] == {"en": "News", "ja": "新着"}[language]


def test_without_a_wish_the_language_is_the_shops(world: World) -> None:
    """[shop] language."""
    shop = SETTINGS.shop.model_copy(update={"language": "ja"})
    world.source.next = replace(world.live(), settings=SETTINGS.model_copy(update={"shop": shop}))
    world.app.state.refresh()

    assert world.http.get("/v1/channels").json()["channels"][0]["title"] == "メール"


def test_a_language_without_a_catalogue_is_refused(world: World) -> None:
    """With those there are."""
    refused = world.http.get("/v1/models", params={"language": "tlh"})

    assert (refused.status_code, "en, ja" in refused.json()["fix"]) == (422, True)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/messages", "/v1/channels"])
def test_who_has_the_latest_gets_304(world: World, path: str) -> None:
    """By its ETag, also one that a proxy has weakened, or among several; another language is another version."""
    first = world.http.get(path)
    tag = first.headers["etag"]
    known = [world.http.get(path, headers={"If-None-Match": each}) for each in (tag, f"W/{tag}", f'"x", {tag}', "*")]

    assert [(reply.status_code, reply.content, reply.headers["etag"]) for reply in known] == [(304, b"", tag)] * 4
    assert world.http.get(path, headers={"If-None-Match": '"x"'}).status_code == 200
    assert world.http.get(path, params={"language": "ja"}, headers={"If-None-Match": tag}).status_code == 200
