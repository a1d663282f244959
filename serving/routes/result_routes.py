"""Calls on measured results: what contacts earned against the control groups."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec

from otokui.domain import Instant, show_instant
from otokui.errors import Missing
from otokui.identity.roles import EVERY_ROLE
from serving.handlers.decisions.decision_handler import not_ready
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.results_reply import ResultsReply
from serving.live.state import Live
from serving.routes.group import RouteGroup


@dataclass(slots=True)
class ResultRoutes(RouteGroup):
    """Measured results, read from what `otokui measure` kept."""

    @Operation(
        "GET",
        "/v1/results",
        name="results",
        roles=EVERY_ROLE,
        gives=ResultsReply,
        refusals={404: "nothing was measured yet"},
    )
    async def read_results(self, call: Call) -> HttpResponse:
        """Read the measured results of the newest period.

        Lift in money, orders and buyers against the control groups with 95% intervals, and the funnel of contacts.
        """
        live = self.state.live
        if live is None:
            raise not_ready()
        return HttpResponse(await asyncio.to_thread(_reply, live))


def _reply(live: Live) -> bytes:
    """Return the kept results with times as RFC 3339.

    Raises:
        Missing: nothing was measured yet.
    """
    kept: dict[str, Any] | None = live.results()
    if kept is None:
        raise Missing("nothing was measured yet", fix="run `otokui measure --shop SHOP`, each night after `otokui ingest`")
    times = {name: show_instant(Instant(kept[name]), live.timezone) for name in ("since", "until")}
    return msgspec.json.encode(kept | times)
