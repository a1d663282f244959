"""Registry of a shop's champions in MLflow, with user and reason of each promotion.

MLflow stays off the serving path: what is promoted here is exported to the shop's model folder, and the
service reads that. So nothing in this file is quick, and everything in it is checked.

Per label, and per model of pairs, one registered model ``<shop>-<name>``. Aliases: ``challenger`` (newest candidate), ``champion``
(what decides), ``previous`` (what a roll back returns to). An alias moves only after the files of the
version were read back and checked; each move is written to the trail first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mlflow.exceptions import MlflowException

from adapters.models.registry.mlflow_client import asking
from adapters.models.registry.model_versions import CHALLENGER, MlflowVersions
from adapters.models.registry.promotion_log import Move, read_trail, write_move
from otokui.domain import Instant, ModelName
from otokui.errors import Missing
from otokui.ports.models import ModelFiles

CHAMPION = "champion"
PREVIOUS = "previous"

Check = Callable[[ModelFiles], None]
"""Raises when the files do not load or do not score; the wiring gives one that tries them in a child process."""


class MlflowRegistry(MlflowVersions):
    """The versions of one shop, and which of them is champion."""

    def champion(self, label: ModelName) -> ModelFiles:
        """Return the files of the champion, checked.

        Raises:
            Missing: the label has no champion yet.
        """
        return self.files(label, self.at_alias(label, CHAMPION))

    def at_alias(self, label: ModelName, alias: str) -> int:
        """Return the version an alias stands at.

        Raises:
            Missing: the alias is not set.
        """
        version = self._alias(label, alias)
        if version is None:
            raise Missing(f"{self.name(label)} has no {alias}", fix="train first: `otokui train --shop SHOP`")
        return version

    def set_alias(self, label: ModelName, alias: str, version: int, *, who: str, reason: str, at: Instant) -> None:
        """Move an alias to an intact version, and log user and reason.

        Intact: its files are what was registered.
        """
        self.files(label, version)
        move = Move(at, who, alias, self._alias(label, alias), version, reason)
        with asking(self._store):
            write_move(self._client, self.name(label), move)
            self._client.set_registered_model_alias(self.name(label), alias, str(version))

    def promote(self, label: ModelName, version: int, check: Check, *, who: str, reason: str, at: Instant) -> ModelFiles:
        """Make a version champion, the champion so far previous; return the files for export.

        check: runs before anything moves; whatever it raises passes through, and no alias has moved.
        """
        files = self.files(label, version)
        check(files)
        standing = self._alias(label, CHAMPION)
        if standing == version:
            return files
        if standing is not None:
            # First, so that whatever happens in between, there is something to return to.
            with asking(self._store):
                self._client.set_registered_model_alias(self.name(label), PREVIOUS, str(standing))
        self.set_alias(label, CHAMPION, version, who=who, reason=reason, at=at)
        if self._alias(label, CHALLENGER) == version:
            with asking(self._store):
                self._client.delete_registered_model_alias(self.name(label), CHALLENGER)
        return files

    def roll_back(
        self, label: ModelName, check: Check, *, who: str, reason: str, at: Instant, digest: str | None = None
    ) -> tuple[int, ModelFiles]:
        """Make the previous champion champion again; return its version and files for export.

        The alias ``previous`` goes one further back, never to the version that was just left, so that
        two roll backs do not end where they began.

        digest: the version to return to is the one with this digest, whatever ``previous`` says: what the service went back to.

        Raises:
            Missing: there is nothing to return to.
        """
        target = self.at_alias(label, PREVIOUS) if digest is None else self.version_of(label, digest)
        files = self.files(label, target)
        check(files)
        left = self._alias(label, CHAMPION)
        self.set_alias(label, CHAMPION, target, who=who, reason=f"roll back: {reason}", at=at)
        with asking(self._store):
            if left is not None and left != target:
                self._client.set_model_version_tag(self.name(label), str(left), "rolled_back", reason)
            before = _before(self.trail(label), target)
            if before is None:
                self._client.delete_registered_model_alias(self.name(label), PREVIOUS)
            else:
                self._client.set_registered_model_alias(self.name(label), PREVIOUS, str(before))
        return target, files

    def retire(self, label: ModelName, *, who: str, reason: str, at: Instant) -> None:
        """Remove the champion's alias.

        What decides from now on is no registered version, or nothing at all.
        """
        left = self._alias(label, CHAMPION)
        if left is None:
            return
        with asking(self._store):
            write_move(self._client, self.name(label), Move(at, who, CHAMPION, left, None, f"roll back: {reason}"))
            self._client.set_model_version_tag(self.name(label), str(left), "rolled_back", reason)
            self._client.delete_registered_model_alias(self.name(label), CHAMPION)

    def trail(self, label: ModelName) -> Sequence[Move]:
        """Return the promotion log of all alias moves, oldest first.

        Empty where nothing was registered.
        """
        with asking(self._store):
            try:
                return read_trail(self._client.get_registered_model(self.name(label)).tags)
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return []
                raise

    def _alias(self, label: ModelName, alias: str) -> int | None:
        with asking(self._store, f"model {self.name(label)}"):
            aliases: Mapping[str, str] = self._client.get_registered_model(self.name(label)).aliases
        return int(aliases[alias]) if alias in aliases else None


def _before(trail: Sequence[Move], champion: int) -> int | None:
    """Return the champion that stood before ``champion`` first came, by the trail; None where there was none."""
    for move in trail:
        if move.alias == CHAMPION and move.to_version == champion:
            return move.from_version
    return None
