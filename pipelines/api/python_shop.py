"""Shop in Python: the verbs of the command line with frames in and out.

Nothing is computed here. Each method opens the shop anew, as each command does, so that the newest records are seen. Imports stand inside
the methods: who only reads predictions waits neither for MLflow nor for LightGBM to be imported.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import structlog

from otokui.clock import now
from otokui.domain import Instant, parse_instant, show_instant
from otokui.errors import BadInput, Missing
from otokui.observe import configure
from pipelines.shop.init import SETTINGS_FILE, init

if TYPE_CHECKING:
    import polars as pl

    from measurement.results.results import MeasuredResults
    from pipelines.decision_run.explain import Explanation
    from pipelines.ingestion.ingest import IngestReport
    from pipelines.model_training.train import TrainReport
    from pipelines.shop.shop import Shop

_INPUTS = ("inputs", "ruling")
"""Columns of a run's files that only `otokui replay` reads."""


class PythonShop:
    """One shop's folder, which the command line, the service and Python share.

    Instants (``as_of``, ``cutoff``) are a text (``2025-04-01``, ``2025-04-01T09:00:00+09:00``), a ``date`` or a ``datetime``, pandas'
    ``Timestamp`` among them; without an offset they are read in the shop's time zone. Only what was known before them is used.
    Every error is an ``otokui.errors.OtokuiError`` and says in ``fix`` what to do.

    Example::

        from otokui.api import Shop

        shop = Shop.create("myshop", timezone="Asia/Tokyo")
        shop.ingest(transactions="purchases.csv")
        shop.train()
        shop.predict(as_of="2025-04-01").sort("churn_probability", descending=True).head()
    """

    def __init__(self, folder: str | Path) -> None:
        """Open a shop that is there.

        Raises:
            Missing: the folder is none.
        """
        self.folder = Path(folder)
        if not (self.folder / SETTINGS_FILE).is_file():
            raise Missing(f"{self.folder} is no shop: it holds no {SETTINGS_FILE}", fix=f"make it by Shop.create({str(folder)!r})")

    @classmethod
    def create(
        cls, folder: str | Path, *, name: str | None = None, timezone: str | None = None, settings: str | Path | None = None
    ) -> Self:
        """Make a shop's folder with a commented ``otokui.toml``, and open it.

        name: short, in file and model names; None = the folder's. timezone: IANA name; None = that of the settings.
        settings: an ``otokui.toml`` to start from; None = the defaults.

        Raises:
            Conflict: the folder is a shop already.
            BadInput: there is no such time zone.
        """
        init(Path(folder), name=name, timezone=timezone, settings=None if settings is None else Path(settings))
        return cls(folder)

    def __repr__(self) -> str:
        return f"Shop({str(self.folder)!r})"

    def ingest(self, **tables: Any) -> IngestReport:
        """Ingest tables by name; all become visible together, or none does.

        The same table twice changes nothing.

        tables: by the name of a table (``transactions``, ``customers``, ``consents``, … of the data contract), a polars, pandas or
        pyarrow frame, the path of a CSV or Parquet file or of a folder of them, or ``postgresql://user@host/db?table=name``. What reached
        the service (``POST /v1/events``) is taken over as well.

        Returns: rows read, kept, known and set aside by table (``counts``), and each rule that was broken (``findings``);
        ``print(report.render())`` shows it.

        Raises:
            BadRecords: a table was refused whole; says table, column, rule and rows. Nothing changed.
            BadInput: there is no such table, or what was passed is none.
        """
        from pipelines.api.frame_files import source_of
        from pipelines.ingestion.ingest import ingest

        if not tables:
            raise BadInput("nothing to ingest was named", fix="write shop.ingest(transactions=frame), or shop.ingest_inbox()")
        shop = self._opened()
        with tempfile.TemporaryDirectory(prefix="otokui-frames-") as aside:
            sources = {table: source_of(table, records, Path(aside)) for table, records in tables.items()}
            return ingest(self.folder, shop.settings, sources, now(), ledger=shop.ledger, inbox=shop.inbox)

    def ingest_inbox(self) -> IngestReport:
        """Take over what reached the service (``POST /v1/events``), each item once.

        Returns: the items taken over, and the rows they came to by table (``report.inbox``).

        Raises:
            Conflict: another ingest of this shop is running.
        """
        from pipelines.ingestion.ingest import ingest

        shop = self._opened()
        return ingest(self.folder, shop.settings, {}, now(), ledger=shop.ledger, inbox=shop.inbox)

    def measure(self, *, since: str | date | None = None, until: str | date | None = None) -> MeasuredResults:
        """Measure the lift of a period against the control group, and store it.

        The report shows it.

        since: None = ``[measurement] period_days`` before the end; until: not included; None = the newest record.

        Returns: ``overall``, ``scenarios``, ``messages``, ``channels``, ``states`` and ``weeks`` (lift in money, orders and buyers with
        95% intervals, or a verdict where it cannot be told) and ``funnels``; ``to_dict()`` for JSON.

        Raises:
            NotEnoughData: the shop has no orders. BadInput: the period is empty.
        """
        from adapters.shop_files.results_file import keep_results
        from pipelines.measurement.measure import run_measure
        from pipelines.model_training.train import last_known

        shop = self._opened()
        end = last_known(shop.records, now()) if until is None else parse_instant(until, shop.settings.shop.timezone)
        results = run_measure(shop, since=None if since is None else parse_instant(since, shop.settings.shop.timezone), until=end)
        keep_results(shop.folder, results.to_dict())
        return results

    def train(self, *, cutoff: str | date | None = None, trials: int = 0, progress: Callable[[str], None] | None = None) -> TrainReport:
        """Train every label, register the models in MLflow, and promote those that pass.

        On rolling cut-offs; a model goes live if it passes the gate.

        cutoff: use only what was known before; None = the newest purchase. trials: Optuna's per label; 0 = the defaults.
        progress: is told what is being trained.

        Returns: ``metrics`` by label on held-out cut-offs, why a label has no trees (``result.refused``), ``verdicts`` of the gate.

        Raises:
            NotEnoughData: nobody has bought yet.
        """
        from pipelines.model_training.model_operations import run_train
        from pipelines.model_training.train import last_known

        shop = self._opened()
        through = last_known(shop.records, now()) if cutoff is None else parse_instant(cutoff, shop.settings.shop.timezone)
        return run_train(shop, train_through=through, now=now(), trials=trials, who="otokui.api", progress=progress)

    def predict(self, as_of: str | date) -> pl.DataFrame:
        """Return predictions as of ``as_of``, one row per customer.

        The columns are those of `otokui predict`.

        Chances lie in [0, 1], times are days, money is in the shop's currency; null = nothing can be said. No file is left behind.

        Raises:
            Missing: no model is live that used only what was known by then, or nobody was known.
        """
        import polars as pl

        from pipelines.decision_run.decision_operations import run_predict

        shop = self._opened()
        with tempfile.TemporaryDirectory(prefix="otokui-predictions-") as aside:
            done = run_predict(shop, as_of=parse_instant(as_of, shop.settings.shop.timezone), out=Path(aside) / "predictions.parquet")
            return pl.read_parquet(done.path, memory_map=False)

    def decide(self, as_of: str | date, *, dry_run: bool = False, out: str | Path | None = None) -> pl.DataFrame:
        """Return decisions for the whole base, one row per customer.

        Contact or not, message, send time, channel and reasons.

        dry_run: reserve nothing and keep nothing. out: the folder of this run; None = ``decisions/<as_of in UTC>`` of the shop,
        and with ``dry_run`` none. A run that was stopped goes on in its own folder, and one that has finished is read from it;
        `otokui replay` and the evaluation of policies read it later.

        Raises:
            Missing: no model is live that used only what was known by ``as_of``.
            Conflict: the folder holds another run, made of other records, models or settings.
        """
        from pipelines.decision_run.decision_operations import run_decide

        shop = self._opened()
        at = parse_instant(as_of, shop.settings.shop.timezone)
        if out is None and dry_run:
            with tempfile.TemporaryDirectory(prefix="otokui-decisions-") as aside:
                return _rows(run_decide(shop, as_of=at, out=Path(aside), dry_run=True), Path(aside))
        folder = self.folder / "decisions" / _stamp(at) if out is None else Path(out)
        return _rows(run_decide(shop, as_of=at, out=folder, dry_run=dry_run), folder)

    def explain(self, customer_id: str | int, as_of: str | date, *, language: str | None = None) -> Explanation:
        """Decide for one customer and tell everything that led to it; nothing is reserved.

        language: ``en``, ``ja`` or another that has a catalogue; None = the shop's, or English with Japanese beside it.

        Returns: an object whose ``to_text()`` is for people and whose ``to_dict()`` is for programs.

        Raises:
            Missing: the customer was not known before ``as_of``, or no model is live.
        """
        from otokui.wording.i18n import checked
        from pipelines.decision_run.decision_operations import run_explain
        from pipelines.decision_run.explain_wording import BOTH

        shop = self._opened()
        chosen = language or shop.settings.shop.language
        languages = (checked(chosen),) if chosen else BOTH
        return run_explain(shop, str(customer_id), as_of=parse_instant(as_of, shop.settings.shop.timezone), languages=languages)

    def _opened(self) -> Shop:
        """Open the folder anew; where nobody has set up log lines, only warnings are shown."""
        import logging

        from adapters.files.private_files import private_tree
        from pipelines.shop.shop import Shop

        if not structlog.is_configured():
            configure(level=logging.WARNING)
        for name in ("records", "quarantine"):
            private_tree(self.folder / name)
        return Shop(self.folder)


def _rows(manifest: dict[str, Any], folder: Path) -> pl.DataFrame:
    """Return the decisions of a run's parts, in order, without what only replay reads."""
    import polars as pl

    parts = [pl.read_parquet(folder / part["file"], memory_map=False) for part in manifest["parts"]]
    return pl.concat(parts).drop(_INPUTS, strict=False) if parts else pl.DataFrame()


def _stamp(at: Instant) -> str:
    """Return an instant as a folder is called: 2025-04-01T000000Z."""
    return show_instant(at).replace("+00:00", "Z").replace(":", "")
