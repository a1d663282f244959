"""Player of a game with a real shop's folder, worked by the verbs' functions.

Nothing is passed by: records are written as files and ingested, models are trained and gated, decisions are read from
the decisions file. What a shop would not have, this has not: it never looks at the world.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from otokui.data_contract.tables import TABLES
from otokui.domain import Instant, Status
from otokui.errors import OtokuiError
from otokui.observe import log
from pipelines.decision_run.decision_operations import run_decide
from pipelines.ingestion.ingest import ingest
from pipelines.model_training.model_operations import run_train
from pipelines.shop.shop import Shop
from pipelines.simulation.season import processor_seconds
from pipelines.simulation.shop_facts import Tables
from simulator.sends import Sends

_COLUMNS: Final = (
    "decision_id", "customer_id", "status", "group", "message_id", "channel", "send_at",
    "considered_message_id", "considered_channel", "considered_send_at", "action_probability",
)  # fmt: skip


class ShopPlayer:
    """Shop that each night ingests, summarises, retrains when due, and decides.

    folder: made by ``otokui init``. retrain_days: days between trainings; 0 = once, before the first day.
    keep: leave inbox and decisions of past days where they are.
    """

    name = "ours"

    def __init__(self, folder: Path, customer_ids: Iterable[str], *, retrain_days: int = 7, keep: bool = False) -> None:
        self.folder, self.retrain_days, self.keep = folder, retrain_days, keep
        settings = Shop(folder).settings
        self._places = pl.DataFrame({"customer_id": list(map(str, customer_ids))}).with_row_index("row")
        self._messages = [message.message_id for message in settings.messages]
        self._channels = [channel.name for channel in settings.channels]
        self._held = pl.DataFrame()
        self._day, self._trained_on = 0, -1
        self._remarks: dict[str, Any] = {}

    def begin(self, past: Iterable[Tables], now: Instant) -> None:
        """Ingest the whole past as one export, as on a shop's first day."""
        tables: dict[str, list[pl.DataFrame]] = {}
        for day in past:
            for name, frame in day.items():
                tables.setdefault(name, []).append(frame)
        self._ingest({name: pl.concat(frames, how="diagonal_relaxed") for name, frames in tables.items()}, now)

    def day(self, now: Instant, news: Tables) -> Sends:
        """Work one night and return the contacts of the decisions file."""
        self._remarks = {"trained": ""}
        self._ingest(self._with_held_back(news, now), now)
        if self._trained_on < 0 or (self.retrain_days and self._day - self._trained_on >= self.retrain_days):
            self._train(now)
        self._day += 1
        decided = self._decided(now)
        if decided is None:
            return Sends.none()
        held = decided.filter(pl.col("status").is_in([str(Status.CONTROL)]) & pl.col("considered_send_at").is_not_null())
        self._held = pl.concat([self._held, held], how="diagonal_relaxed")
        return self._sends(decided.filter(pl.col("status") == str(Status.CONTACT)))

    def remarks(self) -> dict[str, Any]:
        """Return the seconds of each step of the last night, and what training said."""
        return dict(self._remarks)

    def _ingest(self, tables: Tables, now: Instant) -> None:
        """Write the tables as files and ingest them."""
        inbox = self.folder / "inbox" / f"day-{self._day:04d}"
        inbox.mkdir(parents=True, exist_ok=True)
        sources = {}
        for name in TABLES:
            if name in tables and not tables[name].is_empty():
                tables[name].write_parquet(inbox / f"{name}.parquet")
                sources[name] = str(inbox / f"{name}.parquet")
        if sources:
            with self._timed("ingest"):
                shop = Shop(self.folder)
                ingest(self.folder, shop.settings, sources, now, ledger=shop.ledger)
        if not self.keep:
            shutil.rmtree(inbox)

    def _train(self, now: Instant) -> None:
        with self._timed("train"):
            try:
                report = run_train(Shop(self.folder), train_through=now, now=now)
                self._remarks["trained"] = f"promoted {', '.join(sorted(map(str, report.promoted))) or 'nothing'}"
            except OtokuiError as error:  # a shop too young to train goes on as it is, and tries again when it is due
                self._remarks["trained"] = f"not trained: {error.detail}"
        log.info("shop_trained", day=self._day, said=self._remarks["trained"])
        self._trained_on = self._day

    def _decided(self, now: Instant) -> pl.DataFrame | None:
        """Decide for the whole base; None where the shop cannot decide yet."""
        out = self.folder / "decisions" / f"day-{self._day:04d}"
        with self._timed("decide"):
            try:
                manifest = run_decide(Shop(self.folder), as_of=now, out=out)
            except OtokuiError as error:
                self._remarks["silent"] = error.detail
                return None
        parts = [pl.read_parquet(out / part["file"], columns=list(_COLUMNS)) for part in manifest["parts"]]
        if not self.keep:
            shutil.rmtree(out)
        return pl.concat(parts) if parts else None

    def _sends(self, contacts: pl.DataFrame) -> Sends:
        rows = contacts.join(self._places, on="customer_id", maintain_order="left")
        return Sends(
            customer=rows["row"].cast(pl.Int64).to_numpy(),
            message=_places(rows["message_id"], self._messages),
            channel=_places(rows["channel"], self._channels),
            send_at=rows["send_at"].cast(pl.Int64).to_numpy(),
            decision_id=rows["decision_id"].to_numpy().astype(object),
            action_probability=rows["action_probability"].cast(pl.Float64).to_numpy(),
            group=rows["group"].to_numpy().astype(object),
        )

    def _with_held_back(self, news: Tables, now: Instant) -> dict[str, pl.DataFrame]:
        """Add who was held back to the contacts: the send engine reports them too, for without them nothing can be compared."""
        tables = dict(news)
        due = self._held.filter(pl.col("considered_send_at") < now) if not self._held.is_empty() else self._held
        if due.is_empty():
            return tables
        self._held = self._held.filter(pl.col("considered_send_at") >= now)
        at = pl.from_epoch(pl.col("considered_send_at").cast(pl.Int64), time_unit="s").dt.replace_time_zone("UTC")
        rows = due.select(
            pl.concat_str(pl.lit("held-"), "decision_id").alias("contact_id"),
            "customer_id",
            pl.col("considered_message_id").alias("message_id"),
            pl.col("considered_channel").alias("channel"),
            at.alias("sent_at"),
            "decision_id",
            "action_probability",
            "group",
        )
        known = [tables["contacts"]] if "contacts" in tables else []
        tables["contacts"] = pl.concat([*known, rows], how="diagonal_relaxed")
        return tables

    @contextmanager
    def _timed(self, step: str) -> Any:
        began = processor_seconds()
        try:
            yield
        finally:
            self._remarks[f"seconds_{step}"] = processor_seconds() - began


def _places(names: pl.Series, known: list[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return names.replace_strict(known, range(len(known)), return_dtype=pl.Int64).to_numpy()
