"""Calls on the catalogue: what is live, which messages and channels the shop has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from otokui.identity.roles import EVERY_ROLE
from serving.handlers.catalogue import catalogue_replies
from serving.handlers.catalogue.catalogue_types import ChannelList, MessageList, ModelList
from serving.handlers.catalogue.negotiation import UNCHANGED, LanguageQuery, conditional, language_of
from serving.handlers.decisions.decision_handler import not_ready
from serving.http.operations import Call, HttpResponse, Operation
from serving.live.state import Live
from serving.routes.group import RouteGroup

_UNCHANGED = {UNCHANGED: None}


@dataclass(slots=True)
class CatalogueRoutes(RouteGroup):
    """Live models, messages and channels, each with an ETag, in the language of the caller."""

    @Operation("GET", "/v1/models", name="models", roles=EVERY_ROLE, query=LanguageQuery, gives=ModelList, replies=_UNCHANGED)
    async def read_models(self, call: Call) -> HttpResponse:
        """List the live models.

        Digest, version, cut-offs, since when it is live, and metrics as measured at its training on customers that it had not seen. With
        `If-None-Match`, 304 where nothing has changed.
        """
        return await self._told(call, catalogue_replies.live_models)

    @Operation("GET", "/v1/messages", name="messages", roles=EVERY_ROLE, query=LanguageQuery, gives=MessageList, replies=_UNCHANGED)
    async def read_messages(self, call: Call) -> HttpResponse:
        """List the messages of the shop.

        Scenario, objective, reference to the content, channels, caps and incentive. With `If-None-Match`, 304 where nothing has changed.
        """
        return await self._told(call, lambda live, language: catalogue_replies.messages(live.settings, language))

    @Operation("GET", "/v1/channels", name="channels", roles=EVERY_ROLE, query=LanguageQuery, gives=ChannelList, replies=_UNCHANGED)
    async def read_channels(self, call: Call) -> HttpResponse:
        """List the channels of the shop.

        Costs, capacity, quiet hours, caps, and whether they push or pull. With `If-None-Match`, 304 where nothing has changed.
        """
        return await self._told(call, lambda live, language: catalogue_replies.channels(live.settings, language))

    async def _told(self, call: Call, of: Callable[[Live, str], msgspec.Struct]) -> HttpResponse:
        live = self.state.live
        if live is None:
            raise not_ready()
        language = language_of(call, live.settings.shop.language)
        # A language's catalogue is read at its first use, which takes a while.
        body = await asyncio.to_thread(lambda: msgspec.json.encode(of(live, language)))
        return conditional(call, body, {"content-language": language, "vary": "accept-language"})
