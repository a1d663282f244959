"""Traffic of many clients at once.

It has decisions, repeated keys, events and feedback, with lost replies and repeats until answered. Each client remembers what it was
promised: bytes by idempotency key, items that were accepted, and refusals of consent with the instant at which they were answered.
``benchmarks.chaos.checks`` holds the service to it.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

CHANNELS = ("email", "line", "push")
OUTCOMES = ("delivered", "opened", "clicked", "unsubscribed", "complained")
REPEAT_SECONDS = 0.3
LOST_SHARE = 0.05


@dataclass(slots=True)
class Promises:
    """What the service promised to all clients together.

    replies: bytes by idempotency key; differing: keys that were answered with other bytes; items: event ids that were accepted; refused:
    (customer, channel, instant of the answer) of a no; contacts: (customer, channel, instant the call was sent).
    """

    replies: dict[str, bytes] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    items: set[str] = field(default_factory=set)
    refused: list[tuple[str, str, float]] = field(default_factory=list)
    contacts: list[tuple[str, str, float]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    odd: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Client:
    """One client: a session, chance of its own, and customers that all clients share."""

    address: str
    number: int
    customers: list[str]
    promises: Promises
    key: str = ""
    decided: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    sent: list[tuple[str, str, str]] = field(default_factory=list)  # (decision, customer, channel) of contacts to report on
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)

    async def run(self, session: aiohttp.ClientSession, calls: int) -> None:
        """Make so many calls, each repeated until it is answered."""
        for number in range(calls):
            draw = self.chance.random()
            if draw < 0.45 or not self.decided:
                await self._decide(session, f"k-{self.number}-{number}")
            elif draw < 0.55:
                key, body = self.chance.choice(self.decided)
                await self._send_decision(session, key, body)
            elif draw < 0.85:
                await self._events(session, number)
            else:
                await self._feedback(session, number)

    async def _decide(self, session: aiohttp.ClientSession, key: str) -> None:
        customers = [{"customer_id": self.chance.choice(self.customers)} for _ in range(self.chance.choice((1, 1, 1, 2, 5)))]
        body = {"customers": customers}
        self.decided = [*self.decided[-20:], (key, body)]
        await self._send_decision(session, key, body)

    async def _send_decision(self, session: aiohttp.ClientSession, key: str, body: dict[str, Any]) -> None:
        began = time.time()
        status, reply = await self._post(session, "/v1/decisions", body, {"Idempotency-Key": key})
        if status != 200:
            return
        known = self.promises.replies.get(key)
        if known is None:
            self.promises.replies[key] = reply
            for row in json.loads(reply)["decisions"]:
                if row["status"] == "contact":
                    self.promises.contacts.append((row["customer_id"], row["channel"]["name"], began))
                    self.sent = [*self.sent[-50:], (row["decision_id"], row["customer_id"], row["channel"]["name"])]
        elif known != reply:
            self.promises.differing.append(key)

    async def _events(self, session: aiohttp.ClientSession, number: int) -> None:
        items, refused = [], []
        for place in range(self.chance.choice((1, 1, 3, 10))):
            event_id, customer, now = f"e-{self.number}-{number}-{place}", self.chance.choice(self.customers), _now()
            draw = self.chance.random()
            if draw < 0.4:
                items.append(
                    {"kind": "behaviour", "event_id": event_id, "customer_id": customer, "type": "product_view", "occurred_at": now}
                )
            elif draw < 0.75:
                line = {
                    "product_id": f"p-{self.chance.randrange(60)}",
                    "quantity": "1",
                    "paid_amount": str(self.chance.randrange(500, 9_000)),
                }
                order = {"kind": "order", "event_id": event_id, "customer_id": customer, "order_id": f"o-{event_id}", "ordered_at": now}
                items.append(order | {"lines": [line]})
            else:
                channel = self.chance.choice(CHANNELS)
                consent = {"kind": "consent", "event_id": event_id, "customer_id": customer, "channel": channel, "changed_at": now}
                items.append(consent | {"opted_in": False})
                refused.append((customer, channel))
        answered = await self._send_items(session, "/v1/events", items)
        if answered:
            self.promises.refused += [(*one, time.time()) for one in refused]

    async def _feedback(self, session: aiohttp.ClientSession, number: int) -> None:
        if not self.sent:
            return
        decision, customer, channel = self.chance.choice(self.sent)
        outcomes = ["sent", *self.chance.sample(OUTCOMES, k=self.chance.choice((0, 1, 2)))]
        self.chance.shuffle(outcomes)
        items = [
            {
                "kind": "outcome",
                "event_id": f"f-{self.number}-{number}-{name}",
                "decision_id": decision,
                "outcome": name,
                "occurred_at": _now(),
            }
            for name in outcomes
        ]
        if await self._send_items(session, "/v1/feedback", items) and {"unsubscribed", "complained"} & set(outcomes):
            self.promises.refused.append((customer, channel, time.time()))

    async def _send_items(self, session: aiohttp.ClientSession, path: str, items: list[dict[str, Any]]) -> bool:
        """Send items, sometimes all of them twice; return whether they were answered."""
        for _ in range(2 if self.chance.random() < 0.1 else 1):
            status, reply = await self._post(session, path, {"items": items}, {})
            if status != 200:
                return False
            for item, result in zip(items, json.loads(reply)["items"], strict=True):
                if result["status"] in ("accepted", "duplicate"):
                    self.promises.items.add(item["event_id"])
                else:
                    self.promises.odd[f"{path} {result}"[:160]] += 1
        return True

    async def _post(self, session: aiohttp.ClientSession, path: str, body: Any, headers: dict[str, str]) -> tuple[int, bytes]:
        """Send until there is an answer that is not 429 or 503; now and then the answer is thrown away and the call repeated."""
        lost = self.chance.random() < LOST_SHARE
        while True:
            try:
                async with session.post(f"{self.address}{path}", json=body, headers=headers) as response:
                    if lost:
                        lost = False
                        self.promises.lost += 1
                        response.close()
                        continue
                    reply = await response.read()
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                self.promises.statuses[0] += 1
                await asyncio.sleep(REPEAT_SECONDS)
                continue
            self.promises.statuses[response.status] += 1
            if response.status in (429, 503):
                await asyncio.sleep(float(response.headers.get("Retry-After", "1")) * self.chance.random())
                continue
            if response.status != 200:
                self.promises.odd[f"{path} {response.status} {reply[:200]!r}"] += 1
            return response.status, reply


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
