"""With what the pipelines work: the one file here that chooses adapters. The steps themselves take ports.

Everything is opened when it is first needed: a shop that only ingests never waits for MLflow to be imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.engines.duckdb_engine import DuckDbEngine
from adapters.engines.polars_engine import PolarsEngine, PolarsRecords
from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.ledger import SqlLedger, open_ledger
from adapters.ledger.erasure.key_ring import KeyRing
from adapters.models.store.champions import ModelFolder
from adapters.models.store.pair_models import PairFolder
from adapters.records.query.duckdb_records import DuckDbRecords
from adapters.records.query.in_memory_records import InMemoryRecords
from adapters.records.store.commit_log import RecordLog
from adapters.shop_files.pause_file import ContactPause
from adapters.shop_files.policy_store import PolicyFolder
from adapters.shop_files.summary_files import read_batches, read_columns
from decisions.allocation.shadow_prices import SharePrices
from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.compiler.policy_record import record
from decisions.policy.policy import Policy
from decisions.policy.send_time import ABOUT
from features.products.candidates import RecommendationInputs
from otokui.domain import Instant, PairModel
from otokui.frames import Batch
from otokui.ports.stores import Engine, RecordSource
from otokui.settings.settings import Settings, in_shop, load
from pipelines.ingestion.ledger_sync import SyncReport, sync_ledger
from pipelines.shop.collect_evidence import collect_evidence
from pipelines.shop.init import SETTINGS_FILE
from pipelines.summaries.product_lists import ListMaker, product_lines
from pipelines.summaries.summarise import SummaryFile, publish
from scoring import ModelSet, load_all
from scoring.pair_models.product_ranking import load_ranking
from training.btyd.active_hours import kinds_of_day

if TYPE_CHECKING:
    from adapters.models.registry.mlflow_client import MlflowStore


SMALL_SHOP_ROWS = 400_000
"""Rows on record up to which a shop is summarised in memory, whole: half a second instead of six, and under 1 GB."""


@dataclass(frozen=True)
class Shop:
    """One shop's folder, opened; each part when it is first asked for."""

    folder: Path

    @cached_property
    def settings(self) -> Settings:
        """The shop's settings over the defaults."""
        return load(self.folder / SETTINGS_FILE)

    @cached_property
    def engine(self) -> DuckDbEngine:
        """The engine that summarises."""
        spill = self.folder / "spill"
        return DuckDbEngine(memory_limit=self.settings.stores.memory_limit, threads=self.settings.stores.threads, spill_folder=spill)

    @cached_property
    def small(self) -> bool:
        """Whether the shop's records are so few that they are held in memory."""
        commits = RecordLog(self.folder / "records").commits()
        return sum(file.rows for commit in commits for file in commit.files) <= SMALL_SHOP_ROWS

    @cached_property
    def records(self) -> DuckDbRecords:
        """The shop's records, on the engine's connection."""
        kind = InMemoryRecords if self.small else DuckDbRecords
        return kind(self.folder / "records", self.engine.connection)

    @cached_property
    def summariser(self) -> tuple[RecordSource, Engine, bool]:
        """Summariser of the shop: records, engine, and whether it summarises anew each time.

        A small shop does.
        """
        if not self.small:
            return self.records, self.engine, False
        return PolarsRecords(self.folder / "records", self.engine.connection), PolarsEngine(), True

    @cached_property
    def ring(self) -> KeyRing:
        """The master keys around the keys of the ledger."""
        return KeyRing.of_environment(self.settings.encryption)

    @cached_property
    def ledger(self) -> SqlLedger:
        """Contacts, consents, reservations."""
        return open_ledger(
            in_shop(self.settings.stores.ledger_url, self.folder),
            channels=self.settings.channels,
            messages=self.settings.messages,
            contact_cap=self.settings.decisions.contact_cap,
            contact_cap_days=self.settings.decisions.contact_cap_days,
            contact_spacing_hours=self.settings.decisions.contact_spacing_hours,
            timezone=self.settings.shop.timezone,
            budget=self.settings.decisions.budget,
            ring=self.ring,
            paused=ContactPause(self.folder).text,
        )

    @cached_property
    def inbox(self) -> LedgerInbox:
        """Items that reached the service and are not on record yet."""
        timezone = self.settings.shop.timezone
        return LedgerInbox(self.ledger, EntryChecks(self.settings.records, timezone), timezone)

    def complete_until(self, now: Instant) -> Instant:
        """Return the latest cut-off by which everything known is on record.

        It is now, or the last takeover of the inbox where items have come since: a summary at a later cut-off would lack them, and the
        next one could not go on from it.
        """
        log = RecordLog(self.folder / "records")
        takeovers = [commit for commit in log.commits() if commit.inbox is not None]
        if not takeovers or self.inbox.last() <= log.inbox_mark().through:
            return now
        return Instant(min(now, takeovers[-1].made_at))

    def sync(self) -> SyncReport:
        """Sync records that the ledger has not seen; opt-outs may stand there.

        Raises:
            Unavailable: it cannot be told.
        """
        return sync_ledger(RecordLog(self.folder / "records"), self.ledger, self.folder / "quarantine")

    @cached_property
    def policies(self) -> PolicyFolder:
        """Every policy that decided, by digest."""
        return PolicyFolder(self.folder / "policies")

    @cached_property
    def models(self) -> ModelFolder:
        """The models that were promoted."""
        return ModelFolder(self.folder / "models")

    @cached_property
    def mlflow(self) -> MlflowStore:
        """Where training runs and model versions are kept."""
        from adapters.models.registry.mlflow_client import MlflowStore  # takes seconds, and only training needs it

        return MlflowStore.of_shop(in_shop(self.settings.stores.mlflow_uri, self.folder), self.folder)

    @property
    def online(self) -> Path:
        """Where the service's files lie."""
        return self.folder / "online"

    def batches_known(self) -> Mapping[int, Instant]:
        """Return the earliest ``known_at`` of every committed batch of records."""
        return {commit.sequence: commit.known_first for commit in RecordLog(self.folder / "records").commits()}

    def summaries(self, cutoff: Instant) -> SummaryFile:
        """Return the summaries at a cut-off, made now where they are not published yet."""
        source, engine, small = self.summariser
        return publish(source, engine, cutoff, self.folder / "summaries", self.batches_known(), anew=small)

    def chunks(self, summaries: SummaryFile) -> Iterator[Batch]:
        """Yield summaries chunk by chunk, the same chunks every time."""
        return read_batches(summaries.path)

    def model_set(self, as_of: Instant | None = None) -> ModelSet:
        """Return the live models; with ``as_of``, the newest trained through then at most."""
        return load_all(self.models.live(as_of), threads=self.settings.training.threads)

    @property
    def rankings(self) -> PairFolder:
        """The rankings of products that were trained."""
        return PairFolder(self.folder / "products" / "ranking")

    @property
    def responses(self) -> PairFolder:
        """The response models that were trained."""
        return PairFolder(self.folder / "response", what="response model")

    def pair_folder(self, name: PairModel) -> PairFolder:
        """The models of pairs of a kind."""
        return self.responses if name is PairModel.RESPONSE else self.rankings

    def lists(self, cutoff: Instant) -> ListMaker | None:
        """Return the source of product lists as of a cut-off.

        None where no ranking was trained on what was known then.
        """
        files = self.rankings.newest(cutoff)
        if files is None:
            return None
        known = RecommendationInputs.at(*product_lines(self.records, cutoff), cutoff)
        return ListMaker(known, load_ranking(files, threads=self.settings.training.threads))

    def evidence(self, cutoff: Instant, summaries: SummaryFile | None = None) -> Evidence:
        """Return what the shop's contacts had taught by ``cutoff``.

        summaries: those of that instant; without them nothing is said of the hours at which customers are about.
        """
        collected = collect_evidence(self.records, self.ledger, self.responses.newest(cutoff), self.settings, cutoff)
        if summaries is None:
            return collected
        return replace(collected, active_hours=kinds_of_day(read_columns(summaries.path, ABOUT), seed=self.settings.training.seed))

    def policy(self, evidence: Evidence, prices: SharePrices | None = None) -> Policy:
        """Return the policy that the settings, the evidence and the prices come to."""
        return compile_policy(self.settings, evidence, prices)

    def keep_policy(self, policy: Policy, evidence: Evidence, prices: SharePrices | None) -> None:
        """Store the policy's record, so that its decisions can be replayed."""
        self.policies.keep(policy.digest, record(self.settings, evidence, prices))
