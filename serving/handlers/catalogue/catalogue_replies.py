"""Catalogue of a shop as replies: models, messages and channels.

Live models come from their manifests, messages and channels from the settings.
"""

from __future__ import annotations

import math

from decisions.wording.titles import title_of
from otokui.domain import Instant, Label, show_instant
from otokui.settings.settings import Settings
from otokui.wording.i18n import pgettext
from otokui.wording.stored_text import KEPT
from scoring.model_files.manifest import Manifest
from scoring.model_files.shortage import sentence
from serving.handlers.catalogue.catalogue_types import (
    Calibration,
    ChannelEntry,
    ChannelList,
    LiveModel,
    MessageEntry,
    MessageList,
    ModelList,
)
from serving.live.state import Live


def live_models(live: Live, language: str) -> ModelList:
    """Return the live models, those that cannot predict included."""
    entries = [_model(live, label, live.manifests[label], language) for label in sorted(live.manifests)]
    return ModelList(language=language, models=entries)


def messages(settings: Settings, language: str) -> MessageList:
    """Return the messages in the order of the settings, switched-off ones included."""
    scale = settings.decisions.cost_scale
    entries = [
        MessageEntry(
            message_id=message.message_id,
            scenario=message.scenario,
            title=title_of(message.title, message.title_ja).in_language(language),
            objective=message.objective,
            enabled=message.enabled,
            content=message.content or None,
            human=message.human,
            channels=list(message.channels),
            priority=message.priority,
            cap=message.cap,
            cap_days=message.cap_days,
            response_days=message.response_days,
            incentive=message.incentive_cost * scale if message.incentive_cost else None,
            products_shown=message.show_most if message.show else 0,
        )
        for message in settings.messages
    ]
    return MessageList(language=language, currency=settings.shop.currency, messages=entries)


def channels(settings: Settings, language: str) -> ChannelList:
    """Return the channels in the order of the settings, switched-off ones included."""
    entries = [
        ChannelEntry(
            name=channel.name,
            title=title_of(channel.title, channel.title_ja).in_language(language),
            enabled=channel.enabled,
            reach=channel.reach.value,
            kind=channel.kind.value,
            needs_consent=channel.needs_consent,
            cost=channel.cost * settings.decisions.cost_scale,
            lead_time_hours=channel.lead_time_hours,
            quiet_from_hour=channel.quiet_from_hour,
            quiet_until_hour=channel.quiet_until_hour,
            cap=channel.cap,
            cap_days=channel.cap_days,
            capacity_per_day=channel.capacity_per_day,
            capacity_per_hour=channel.capacity_per_hour,
        )
        for channel in settings.channels
    ]
    return ChannelList(language=language, currency=settings.shop.currency, timezone=settings.shop.timezone, channels=entries)


def _model(live: Live, label: Label, manifest: Manifest, language: str) -> LiveModel:
    since = live.live_since.get(label)
    return LiveModel(
        label=str(label),
        title=pgettext(KEPT, label.words, language),
        digest=live.digests[label],
        version=live.model_versions.get(label),
        live_since=None if since is None else show_instant(since, live.timezone),
        trained_through=show_instant(Instant(manifest.trained_through), live.timezone),
        cutoffs=[show_instant(Instant(at), live.timezone) for at in manifest.cutoffs],
        horizon_days=manifest.horizon_days,
        trees=manifest.best_iteration,
        otokui_version=manifest.otokui_version,
        predicts=manifest.speaks,
        not_enough=sentence([label], manifest.not_enough, language) if manifest.not_enough else None,
        metrics={name: value if math.isfinite(value) else None for name, value in manifest.metrics.items()},
        calibration=[Calibration(intercept=each.intercept, slope=each.slope) for each in manifest.calibration],
    )
