"""Live state: models, summaries and policy, watched by a thread and replaced without a restart.

A call uses one ``Live`` from begin to end, so nothing changes half-way through a reply. Where the new state is refused (a damaged
model, other features, settings that cannot be compiled), the old one stays live, and readiness and metrics report it.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from decisions.engine.engine import DecisionEngine
from decisions.policy.policy import Policy
from otokui.domain import Instant, Label, show_instant
from otokui.errors import OtokuiError
from otokui.observe import log
from otokui.ports.access import AccessStore
from otokui.ports.changes import ChangeFeed, Webhooks
from otokui.ports.feedback_store import FeedbackStore
from otokui.ports.inbox import Inbox
from otokui.ports.stores import SummaryStore
from otokui.ports.tasks import WorkList
from otokui.settings.settings import Settings
from scoring import ModelSet
from scoring.model_files.manifest import Manifest
from serving import metrics
from serving.dialects.reading import ReadingContext
from serving.dialects.webhook import WebhookSecret
from serving.http.error_detail import caller_text, report
from serving.http.responses import Readiness
from serving.live.archive_port import Archive
from serving.live.customer_desk import CustomerDesk
from serving.live.job_desk import JobDesk
from serving.live.ledger_circuit_breaker import LedgerCircuitBreaker
from serving.live.store_probes import Check
from serving.live.todays_rows import TodaysRows


@dataclass(frozen=True, slots=True)
class Live:
    """Models, policy and stores of one instant: all that a reply needs."""

    engine: DecisionEngine
    summaries: SummaryStore
    ledger: LedgerCircuitBreaker
    outbox: ChangeFeed
    webhooks: Webhooks
    work_list: WorkList
    digests: Mapping[Label, str]
    timezone: str
    max_summary_age_days: float
    archive: Archive
    lists_version: str = ""  # the product lists of the engine, "" = none
    keep_policy: Callable[[str, str], None] = lambda _digest, _record: None  # stores the policy's record, for replay
    checks: tuple[Check, ...] = ()  # the stores that a reply needs, each with its probe
    attributes: tuple[str, ...] = ()  # the shop's own columns of customers, as the settings name them
    today: TodaysRows | None = None  # what arrived since the summaries; None = nothing can
    results: Callable[[], dict[str, Any] | None] = lambda: None  # measured results as kept, None = none
    behind: Callable[[], str] = lambda: ""  # what the ledger lacks, as text; '' = nothing
    paused: Callable[[], str] = lambda: ""  # why no contact is decided now, '' = contacts are
    settings: Settings = field(default_factory=Settings)
    customer_desk: CustomerDesk | None = None  # disclosure and erasure; None = the service does neither
    job_desk: JobDesk | None = None  # decision jobs; None = the service takes none
    manifests: Mapping[Label, Manifest] = field(default_factory=dict)  # of the live models, those that cannot predict included
    live_since: Mapping[Label, Instant] = field(default_factory=dict)  # when each live model was promoted
    model_versions: Mapping[Label, str] = field(default_factory=dict)  # the registry's versions of the live models, where they have one

    @property
    def models(self) -> ModelSet:
        """The models of the engine."""
        return self.engine.models

    @property
    def policy(self) -> Policy:
        """The policy of the engine."""
        return self.engine.policy


class LiveSource(Protocol):
    """Source of the live state (``serving.wiring``)."""

    def look(self, present: Live | None) -> Live | None:
        """Load the state that should be live, None where ``present`` is; models pass their canary.

        Raises:
            OtokuiError: the new state cannot be loaded; ``present`` stays live.
        """
        ...

    def access(self) -> AccessStore:
        """Return the API keys and the audit log.

        They are there before any model is live.

        Raises:
            Unavailable: the ledger, whose database they are in, is not open.
        """
        ...

    def inbox(self) -> Inbox:
        """Return the inbox, which takes items before any model is live.

        Raises:
            Unavailable: the ledger, whose database it is in, is not open.
        """
        ...

    def feedback(self) -> FeedbackStore:
        """Return the store of feedback, beside the inbox.

        Raises:
            Unavailable: the ledger, whose database it is in, is not open.
        """
        ...

    def webhooks(self, dialect: str) -> tuple[WebhookSecret, ReadingContext]:
        """Return the secret of a dialect's signatures, and the settings that its reader needs.

        Raises:
            Unavailable: no settings are read yet.
        """
        ...


@dataclass(slots=True)
class LiveState:
    """The live state, kept up to date by a background thread."""

    source: LiveSource
    swap_seconds: float
    warm: Callable[[Live], None] = lambda _live: None
    live: Live | None = None
    more_warnings: list[Callable[[], Sequence[str]]] = field(default_factory=list)  # of workers beside
    _failure: str = "starting"
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Load the state once, then watch for changes in the background.

        A shop without models starts too, and is not ready.
        """
        self.refresh()
        self._thread = threading.Thread(target=self._watch, name="otokui-swaps", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5.0)
        if self.live is not None and self.live.today is not None:
            self.live.today.stop()

    def inbox(self) -> Inbox:
        """Return the inbox of the shop.

        Raises:
            Unavailable: it cannot be used yet.
        """
        return self.source.inbox()

    def refresh(self) -> bool:
        """Update the live state once; return whether it changed."""
        try:
            loaded = self.source.look(self.live)
            if loaded is not None:
                self.warm(loaded)
        except OtokuiError as error:
            because = error.__cause__.detail if isinstance(error.__cause__, OtokuiError) else ""
            self._refused(f"{error.detail}; {error.fix}", type(error).__name__, because)
            return False
        except Exception as error:  # the watcher survives any error
            if self._refused(f"unexpected {type(error).__name__}; see the log", type(error).__name__):
                report("swap_failed", error)
            return False
        self._failure = ""
        if loaded is None:
            return False
        before, self.live = self.live, loaded
        if before is not None and before.today is not None and before.today is not loaded.today:
            before.today.stop()
        _report(before, loaded)
        settle()
        return True

    def readiness(self, now: Instant) -> Readiness:
        """Return readiness at ``now``, with warnings for the operator."""
        live = self.live
        if live is None:
            return Readiness(
                ready=False, reasons=[caller_text(self._failure)], warnings=[], summarised_at=None, summaries=None, policy=None, models={}
            )
        warnings = [f"the last change was refused: {caller_text(self._failure)}"] if self._failure else []
        if behind := live.behind():
            warnings.append(f"{behind}; until it has, nobody is contacted (ledger_behind). Run `otokui sync`")
        if paused := live.paused():
            warnings.append(f"{paused}; nobody is contacted until `otokui resume`")
        age_days = (now - live.summaries.summarised_at) / 86_400
        if age_days > live.max_summary_age_days:
            warnings.append(
                f"the summaries are {age_days:.1f} days old; without as_of nobody is contacted. Run `otokui summarise` and `materialise`"
            )
        warnings += [warning for each in self.more_warnings for warning in each()]
        return Readiness(
            ready=True,
            reasons=[],
            warnings=warnings,
            summarised_at=show_instant(live.summaries.summarised_at, live.timezone),
            summaries=str(getattr(live.summaries, "version", "")),
            policy=live.policy.digest,
            models={str(label): digest for label, digest in live.digests.items()},
        )

    def _watch(self) -> None:
        while not self._stop.wait(self.swap_seconds):
            self.refresh()

    def _refused(self, why: str, name: str, because: str = "") -> bool:
        """Record a change that was refused; return whether it is new."""
        news = why != self._failure  # logged once, not every two seconds
        if news:
            log.warning("swap_refused", why=why, error=name, because=because)
            metrics.swaps.labels("any", "refused").inc()
        self._failure = why
        metrics.ready.set(0 if self.live is None else 1)
        return news


def settle() -> None:
    """Freeze loaded objects, so that the garbage collector skips them.

    A full collection over the loaded heap takes 100 ms and more, in the middle of somebody's call; freezing it and
    putting off the oldest generation takes p99 from hundreds of milliseconds to one (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 1_000_000)


def _report(before: Live | None, after: Live) -> None:
    changed = [
        name
        for name, old, new in (
            ("models", before and before.digests, after.digests),
            ("summaries", before and getattr(before.summaries, "version", None), getattr(after.summaries, "version", None)),
            ("policy", before and before.policy.digest, after.policy.digest),
        )
        if old != new
    ]
    for name in changed:
        metrics.swaps.labels(name, "done").inc()
    metrics.ready.set(1)
    metrics.summarised_at.set(after.summaries.summarised_at)
    for label, model in after.models.models.items():  # a pass-through model without training data has no date
        metrics.trained_through.labels(str(label)).set(model.manifest.trained_through)
    log.info("live_changed", changed=changed, policy=after.policy.digest, summarised_at=int(after.summaries.summarised_at))
