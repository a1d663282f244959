"""Workers of webhooks out: a thread per endpoint, and one that watches.

The watching thread looks after settings, warnings and the size of the tables. An endpoint that stalls holds its own thread alone. Every
process of the service runs them; the ledger's claims keep two of them from sending one message at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from otokui.domain import Instant
from otokui.errors import OtokuiError
from otokui.observe import log
from otokui.settings.service.webhooks import Webhook
from serving.http.error_detail import report
from serving.live.state import LiveState

IDLE_SECONDS: Final = 1.0
FAILING_SECONDS: Final = 10.0
_PURGE_EVERY: Final = 3_600


@dataclass(slots=True)
class WebhookWorkers:
    """Threads that deliver messages until ``stop``."""

    state: LiveState
    clock: Callable[[], Instant]
    idle_seconds: float = IDLE_SECONDS
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: dict[str, threading.Thread] = field(default_factory=dict)
    _warnings: tuple[str, ...] = ()
    _purged_at: int = 0

    def start(self) -> None:
        """Start the watching thread; it starts one per endpoint."""
        self.state.more_warnings.append(self.warnings)
        self._begin("otokui-webhooks", self._watch)

    def stop(self) -> None:
        """Stop; a message that is being sent is recorded before its thread ends."""
        self._stop.set()
        for thread in list(self._threads.values()):
            thread.join(2.0)

    def warnings(self) -> Sequence[str]:
        """Return the warnings found last."""
        return self._warnings

    def _begin(self, name: str, run: Callable[[], None]) -> None:
        self._threads[name] = threading.Thread(target=run, name=name, daemon=True)
        self._threads[name].start()

    def _watch(self) -> None:
        while not self._stop.wait(self.idle_seconds):
            try:
                self._look()
            except OtokuiError as error:
                log.warning("webhooks_not_watched", why=error.detail)
            except Exception as error:  # the watcher survives any error
                report("webhooks_failed", error)

    def _look(self) -> None:
        live, now = self.state.live, self.clock()
        if live is None:
            return
        for webhook in self._configured():
            thread = self._threads.get(webhook.name)
            if thread is None or not thread.is_alive():
                self._begin(webhook.name, lambda name=webhook.name: self._deliver(name))  # type: ignore[misc]  # bound to the name of now
        self._warnings = tuple(live.webhooks.warnings(self._configured()))
        if now - self._purged_at >= _PURGE_EVERY:
            self._purged_at = int(now)
            live.webhooks.purge(live.settings.webhooks, now)

    def _deliver(self, name: str) -> None:
        """Deliver one endpoint's messages until it is no longer configured."""
        wait, failure = 0.0, ""
        while not self._stop.wait(wait):
            live = self.state.live
            webhook = next((each for each in self._configured() if each.name == name), None)
            if live is None or webhook is None:
                return
            try:
                wait = 0.0 if live.webhooks.deliver(webhook, self.clock()) else self.idle_seconds
                failure = ""
            except Exception as error:  # an endpoint's thread survives any error
                why = error.detail if isinstance(error, OtokuiError) else type(error).__name__
                if why != failure:  # logged once, not every ten seconds
                    log.warning("webhook_failing", endpoint=name, why=why)
                wait, failure = FAILING_SECONDS, why

    def _configured(self) -> list[Webhook]:
        live = self.state.live
        return [] if live is None else [webhook for webhook in live.settings.webhooks if webhook.enabled]
