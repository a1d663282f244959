"""Wiring of the service: with ``serving.policy_wiring`` the only module here that imports adapters.

Every other module takes ports. Feast is imported only where the settings name it: its import alone takes 7 to 11 s.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from adapters.access.access_store import SqlAccess
from adapters.decision_archive.decision_index import RunRegistry
from adapters.decision_archive.jobs.job_store import FOLDER as JOBS
from adapters.decision_archive.jobs.job_store import JobStore
from adapters.decision_archive.run_archive import RunArchive
from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.feedback.ledger_feedback import LedgerFeedback
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.inbox.records_of_customers import RecordsOfCustomers
from adapters.inbox.served_mark import FILE_NAME as MARK_FILE
from adapters.inbox.served_mark import ServedMark, read_mark
from adapters.inbox.todays_summaries import InboxSummaries
from adapters.inbox.work_list import LedgerWorkList
from adapters.ledger import DatabaseTimeouts, SqlLedger, open_ledger
from adapters.ledger.erasure.key_ring import KeyRing
from adapters.ledger.outbox.webhooks.ledger_webhooks import LedgerWebhooks
from adapters.models.store.canary import canary
from adapters.models.store.champions import ModelFolder
from adapters.online_store.feast_manifest import feast_version
from adapters.online_store.product_lists import ListStore, current_lists
from adapters.online_store.snapshot_reader import SnapshotStore, current
from adapters.personal.masking import identifies_person, may_be_shown
from adapters.records.store.commit_log import RecordLog
from adapters.records.store.pending_batches import PendingBatches
from adapters.shop_files.pause_file import ContactPause
from adapters.shop_files.policy_store import PolicyFolder
from adapters.shop_files.results_file import read_results, results_path
from decisions.allocation import shadow_prices
from decisions.engine.engine import DecisionEngine
from decisions.engine.replay_inputs import Past
from features import summary_names
from otokui import clock
from otokui.domain import Instant, Label
from otokui.errors import Missing, Unavailable
from otokui.observe import log
from otokui.settings.service.service import Environment
from otokui.settings.settings import Settings, in_shop, load
from scoring import ModelSet, load_all
from scoring.model_files.manifest import read_manifest
from scoring.pair_models.product_ranking import SHOWN
from serving.dialects.reading import ReadingContext
from serving.dialects.webhook import WebhookSecret, configured
from serving.handlers.customers.customer_wiring import customer_desk
from serving.http.personal_values import PersonalValues
from serving.live.decision_log import DecisionArchive
from serving.live.job_desk import JobDesk, begin_worker
from serving.live.ledger_circuit_breaker import LedgerCircuitBreaker
from serving.live.ledger_purge import HourlyPurge
from serving.live.opt_out_check import OptOutCheck
from serving.live.state import Live
from serving.live.store_probes import LEDGER_FIX, VersionedStore, checks
from serving.live.todays_rows import TodaysRows
from serving.policy_wiring import policy_of

SETTINGS_FILE = "otokui.toml"
PERSONAL = PersonalValues(identifies_person, may_be_shown)


class ShopSource:
    """Live state from a shop's folder; implements ``serving.live.state.LiveSource``."""

    def __init__(
        self,
        shop: Path,
        *,
        tries: Callable[[Sequence[Path]], None] = canary,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        now: Callable[[], Instant] = clock.now,
    ) -> None:
        self._shop, self._now = shop, now
        self._free = free
        self._models = ModelFolder(shop / "models")
        self._policies = PolicyFolder(shop / "policies")
        self._tries = tries
        self._tried: set[str] = set()
        self._settings: Settings | None = None
        self._written: tuple[int, int] | None = None
        self._store: VersionedStore | None = None
        self._version = ""
        self._ledger: SqlLedger | None = None
        self._inbox: LedgerInbox | None = None
        self._opened_with: Settings | None = None
        self._priced = self._marked = (0, 0)
        self._runs, self._purge = RunRegistry(shop), HourlyPurge()
        self._pending, self._opt_outs = PendingBatches(RecordLog(shop / "records")), OptOutCheck()

    def look(self, present: Live | None) -> Live | None:
        """Load the state that should be live, None where it is already."""
        self._look_at(self._ledger)
        settings, changed = self._read_settings()
        ledger = self._opened(settings)
        digests, version = self._models.digests(), self._store_version(settings)
        lists, named = current_lists(self._shop / "online" / "products"), "" if present is None else present.lists_version
        priced = _stamp(self._shop / "online" / shadow_prices.FILE_NAME)
        marked = _stamp(self._shop / "online" / MARK_FILE)
        unchanged = self._version == version and named == lists and (self._priced, self._marked) == (priced, marked)
        if present is not None and not changed and present.digests == digests and unchanged:
            return None
        if not digests:
            raise Missing("no model is live", fix="run `otokui train --shop SHOP`")
        models = present.models if present is not None and present.digests == digests else self._load(digests)
        store = self._store if self._store is not None and self._version == version and not changed else self._open_store(settings)
        policy = policy_of(settings, store, self._shop / "online", self._policies)
        if present is not None and named == lists:
            lists_of = present.engine.lists
        else:
            lists_of = ListStore(self._shop / "online" / "products", lists, SHOWN).fetch if lists else None
        past = Past(self._policies.read, self._models.read)
        # The fields change only after everything has loaded: an error above leaves the old state.
        same = present is not None and self._store is store and self._marked == marked and not changed
        today = present.today if present is not None and same else self._today(store, settings)
        self._settings, self._store, self._version, self._priced, self._marked = settings, store, version, priced, marked
        return Live(
            DecisionEngine(models, policy, lists_of),
            store,
            LedgerCircuitBreaker(ledger, self._opt_outs, slow_seconds=settings.service.timeout_seconds / 4),
            ledger.outbox,
            LedgerWebhooks(ledger.database, ledger.outbox, settings.shop.timezone),
            LedgerWorkList(ledger, self.inbox()),
            digests,
            settings.shop.timezone,
            settings.decisions.max_summary_age_days,
            DecisionArchive(ledger, past, RunArchive(self._runs, past)),
            lists,
            self._policies.keep,
            checks(ledger.probe, store.probe, partial(self._least_free, ledger.folder()), settings.service.min_free_bytes),
            settings.records.attributes,
            today=today,
            results=partial(read_results, results_path(self._shop)),
            behind=self._opt_outs.missing,
            paused=ContactPause(self._shop).text,
            settings=settings,
            customer_desk=customer_desk(self._shop, ledger, settings.shop.timezone),
            job_desk=JobDesk(JobStore(self._shop / JOBS), settings.jobs.most_waiting, partial(begin_worker, self._shop)),
            manifests={label: read_manifest(self._models.read(label, digest).manifest) for label, digest in digests.items()},
            live_since=self._models.live_since(),
            model_versions=self._models.live_versions(),
        )

    def access(self) -> SqlAccess:
        """Return the API keys and the audit log in the ledger's database.

        Raises:
            Unavailable: the ledger is not open.
        """
        if self._ledger is None:
            raise Unavailable("the ledger is not open", fix=LEDGER_FIX)
        return SqlAccess(*self._ledger.database)

    def inbox(self) -> LedgerInbox:
        """Return the inbox in the ledger's database.

        Raises:
            Unavailable: the ledger is not open.
        """
        if self._inbox is None:
            raise Unavailable("the ledger is not open", fix=LEDGER_FIX)
        return self._inbox

    def feedback(self) -> LedgerFeedback:
        """Return the store of feedback in the ledger's database.

        Raises:
            Unavailable: the ledger is not open.
        """
        if self._ledger is None:
            raise Unavailable("the ledger is not open", fix=LEDGER_FIX)
        return LedgerFeedback(self._ledger, self.inbox())

    def webhooks(self, dialect: str) -> tuple[WebhookSecret, ReadingContext]:
        """Return the secret of a dialect, and the settings for its reader.

        The secret comes from the environment, the settings are the shop's.

        Raises:
            Unavailable: no settings are read yet.
        """
        settings = self._opened_with
        if settings is None:
            raise Unavailable("the ledger is not open", fix=LEDGER_FIX)
        return configured(settings, dialect, os.environ)

    def _today(self, store: VersionedStore, settings: Settings) -> TodaysRows:
        """Return the rows of what arrived since the summaries, kept up to date from now on."""
        mark = read_mark(self._shop / "online")
        if mark is None or mark.version != store.version:
            mark = ServedMark(store.version, store.summarised_at, 0)
        records = RecordsOfCustomers(self._shop / "records", self._shop / "spill")
        attributes, timezone = settings.records.attributes, settings.shop.timezone
        today = TodaysRows(InboxSummaries(self.inbox(), store, records, mark, timezone, attributes), self._now)
        today.start()
        return today

    def _opened(self, settings: Settings) -> SqlLedger:
        """Return the ledger under these settings; items are taken from then on, whether or not decisions can be made yet."""
        if self._ledger is None or self._opened_with != settings:
            ledger, timezone = self._open_ledger(settings), settings.shop.timezone
            self._look_at(ledger)
            self._inbox = LedgerInbox(ledger, EntryChecks(settings.records, timezone, self._on_record), timezone)
            self._ledger, self._opened_with = ledger, settings
        return self._ledger

    def _on_record(self, customer_ids: Collection[str]) -> Collection[str]:
        """Return those of some customers of whom something is summarised."""
        if self._store is None or not customer_ids:
            return ()
        known = self._store.fetch(list(customer_ids))
        return [str(one) for one, recorded in zip(known.customer_ids, known.column("has_record") == 1.0, strict=True) if recorded]

    def _least_free(self, ledger: Path | None) -> int:
        return min(self._free(folder) for folder in (self._shop, ledger or self._shop))

    def _look_at(self, ledger: SqlLedger | None) -> None:
        """Check the ledger for missing batches, even where nothing else can be loaded."""
        if ledger is not None:
            self._opt_outs.update(lambda: self._pending.find(ledger.last_batch))
            self._purge(ledger, ledger.caps.kept_seconds)

    def _load(self, digests: Mapping[Label, str]) -> ModelSet:
        self._tries([self._models.path(label, digest) for label, digest in digests.items() if digest not in self._tried])
        self._tried.update(digests.values())
        return load_all({label: self._models.read(label, digest) for label, digest in digests.items()})

    def _read_settings(self) -> tuple[Settings, bool]:
        path = self._shop / SETTINGS_FILE
        written = _stamp(path)
        if self._settings is not None and written == self._written:
            return self._settings, False
        settings = load(path)
        self._written = written
        return settings, settings != self._settings

    def _store_version(self, settings: Settings) -> str:
        return feast_version(self._shop / "online" / "feast") if settings.stores.online == "feast" else current(self._shop / "online")

    def _open_store(self, settings: Settings) -> VersionedStore:
        online = self._shop / "online"
        if settings.stores.online == "feast":
            from adapters.online_store.feast_reader import FeastStore

            return FeastStore(online / "feast", summary_names(), project=settings.shop.name, online=settings.stores.feast_online)
        return SnapshotStore(online, summary_names())

    def _open_ledger(self, settings: Settings) -> SqlLedger:
        ring = KeyRing.of_environment(settings.encryption)
        if settings.service.environment is Environment.PRODUCTION and not ring.name:
            log.warning("customer_keys_unwrapped", fix=f"set ${settings.encryption.master_key_env}: docs/how-to/encrypt.md")
        try:
            return open_ledger(
                in_shop(settings.stores.ledger_url, self._shop),
                channels=settings.channels,
                messages=settings.messages,
                contact_cap=settings.decisions.contact_cap,
                contact_cap_days=settings.decisions.contact_cap_days,
                contact_spacing_hours=settings.decisions.contact_spacing_hours,
                timezone=settings.shop.timezone,
                budget=settings.decisions.budget,
                ring=ring,
                paused=ContactPause(self._shop).text,
                timeouts=DatabaseTimeouts.of_calls(settings.service.timeout_seconds),
            )
        except Unavailable as error:  # the driver's text names hosts and users, which belong in the log, not in readiness
            raise Unavailable("the ledger cannot be opened", fix=LEDGER_FIX) from error


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size
