"""Online store read through the Feast SDK.

It is for shops whose other systems read with Feast, or whose service has no disk.
Slower than the snapshot (docs/adr/0003), and Feast alone takes 7 to 11 s to import, so this module is
imported only where the settings name it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adapters.online_store.feast_definitions import PACKED, configuration, opened, stored_values
from adapters.online_store.feast_manifest import read_manifest, version_of
from adapters.online_store.feast_values import decode
from adapters.online_store.snapshot_reader import digest_of, schema_tag
from otokui.domain import Instant
from otokui.errors import SkewError, Unavailable
from otokui.frames import Batch, Floats, texts


class FeastStore:
    """Implements ``otokui.ports.SummaryStore`` on the packed feature of the online store.

    folder: the Feast repository, SHOP/online/feast; names: the columns this build computes.

    Raises:
        Missing: nothing has been materialised.
        SkewError: the values hold other columns.
        Unavailable: the registry is not the one we wrote, or the store does not answer.
    """

    def __init__(self, folder: Path, names: tuple[str, ...], *, project: str, online: str = "sqlite") -> None:
        self.folder = folder
        self.names = names
        self._tag = schema_tag(names)
        self._manifest = self._checked()
        self._store = opened(configuration(folder, project, _patient(online), folder / self._manifest["registry_file"]))
        self._service = self._store.get_feature_service(PACKED)

    @property
    def summarised_at(self) -> Instant:
        """The cut-off of the served summaries."""
        return Instant(int(self._manifest["summarised_at"]))

    @property
    def version(self) -> str:
        """Version of the served materialisation; every materialisation has another."""
        return version_of(self._manifest)

    def __len__(self) -> int:
        return int(self._manifest["rows"])

    def fetch(self, customer_ids: Sequence[str]) -> Batch:
        """Return one row per customer in the given order, (n, S) float64.

        Values of unknown customers are NaN.
        """
        values = np.full((len(customer_ids), len(self.names)), np.nan)
        for i, row in self._rows(customer_ids):
            values[i] = row
        return Batch(texts(customer_ids), self.names, values)

    def probe(self) -> None:
        """Read sample customers; raise Unavailable where none is present or the store fails."""
        written = self._manifest.get("probes")
        rows = list(self._rows(written or ["nobody"]))  # an earlier build wrote no sample customers: the store must answer, no more
        if written and not rows:
            raise Unavailable("the Feast online store has lost what was written", fix="run `otokui materialise --shop SHOP`")

    def _rows(self, customer_ids: Sequence[str]) -> Iterator[tuple[int, Floats]]:
        for i, value in enumerate(self._read(customer_ids) if len(customer_ids) else ()):
            if value is None:
                continue
            summarised_at, row = decode(value, customer_ids[i], self._tag, len(self.names))
            # A row that the last run did not write belongs to a customer without records.
            if summarised_at >= self.summarised_at:
                yield i, row

    def _read(self, customer_ids: Sequence[str]) -> list[bytes | None]:
        try:
            return stored_values(self._store, self._service, customer_ids)
        except Exception as error:  # Feast passes on any error of its stores
            raise Unavailable(
                f"the Feast online store did not answer: {type(error).__name__}", fix="check that it runs and is reachable"
            ) from error

    def _checked(self) -> dict[str, Any]:
        manifest = read_manifest(self.folder)
        if manifest["schema"] != self._tag:
            raise SkewError(
                f"the online store holds {len(manifest['names'])} columns that are not the {len(self.names)} of this build",
                fix="run `otokui summarise` and `otokui materialise` with this build",
            )
        if digest_of(self.folder / manifest["registry_file"]) != manifest["registry"]:
            raise Unavailable(
                "the Feast registry is not the one Otokui wrote; it is not opened, because a registry can carry code",
                fix="run `otokui materialise` again, and find out who changed it",
            )
        return manifest


def _patient(online: str) -> str:
    """Return the online store's configuration, with a default timeout for Redis.

    Redis is waited for half a second where the settings name no timeout.
    """
    if online == "sqlite" or "socket_timeout" in online:
        return online
    return f"{online},socket_timeout=0.5,socket_connect_timeout=0.5"
