"""A ledger as a clerk would keep it: lists, read anew for every question. The contract suite holds it against the real ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from adapters.ledger.channel_closures import SAYS_NO
from adapters.ledger.frequency_caps import Caps
from adapters.ledger.storage.id_checks import refuse_odd, refuse_odd_places
from otokui.data_contract.channel_names import closed_by
from otokui.domain import DAY, NO, UNKNOWN, YES, Instant
from otokui.errors import Conflict, Missing
from otokui.frames import BOUNCED, COMPLAINED, OPTED_OUT, UNSUBSCRIBED, ContactState, Floats
from otokui.ports.ledger import LoggedDecision, RequestKey, Written
from otokui.ports.reservations import Reservation, ReservationResult, Take
from tests.fake_spacing import near, permits, window

AT_THE_BEGINNING = Instant(0)


@dataclass
class FakeLedger:
    """The ledger over plain lists: slow and short, so that it can be checked by reading it."""

    caps: Caps
    consents: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    suppressions: list[dict[str, Any]] = field(default_factory=list)
    reserved: dict[str, tuple[Reservation, Instant]] = field(default_factory=dict)
    runs: list[Mapping[str, Any]] = field(default_factory=list)
    settled: dict[str, Mapping[str, ReservationResult]] = field(default_factory=dict)
    logged: dict[str, LoggedDecision] = field(default_factory=dict)
    answers: dict[str, tuple[str, bytes, Instant]] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)

    @property
    def identities(self) -> SimpleNamespace:
        """Say who survives: nobody was merged but those in ``merged``."""
        return SimpleNamespace(surviving=lambda ids, as_of: [self.merged.get(customer_id, customer_id) for customer_id in ids])

    def import_consents(self, frame: pl.DataFrame) -> None:
        """Add consents."""
        self.consents += frame.to_dicts()

    def import_contacts(self, frame: pl.DataFrame) -> None:
        """Add contacts; a contact of the same id adds to the one that is there."""
        for row in frame.to_dicts():
            older = next((c for c in self.contacts if c["contact_id"] == row["contact_id"]), None)
            if older is None:
                self.contacts.append(row)
            else:
                said = {name: max(row.get(name) or 0, older.get(name) or 0) or None for name in SAYS_NO}  # a refusal is never dated back
                older |= {name: value for name, value in row.items() if value is not None and name != "known_at"} | said

    def import_suppressions(self, frame: pl.DataFrame) -> None:
        """Add to the blacklist."""
        self.suppressions += frame.to_dicts()

    def contact_state(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats | None = None) -> ContactState:
        """Return the state of each customer on its own."""
        refuse_odd(customer_ids, "a customer id")
        caps, channels, messages = self.caps, len(self.caps.channels), len(self.caps.messages)
        state = ContactState.unreadable(len(customer_ids), channels, messages)
        spacing_from, spacing_until = np.full((2, len(customer_ids), channels), np.nan)
        for i, customer_id in enumerate(customer_ids):
            bought = -np.inf if last_purchase_at is None or np.isnan(last_purchase_at[i]) else last_purchase_at[i]
            sent = [c for c in self.contacts if c["customer_id"] == customer_id and max(c["sent_at"], c["known_at"]) < as_of]
            taken = [(c["channel"], c["message_id"], c["sent_at"]) for c in sent]
            for place, at in self.reserved.values():
                if place.customer_id == customer_id and at < as_of < place.valid_until and self._dispatched(place, as_of) is None:
                    taken.append((place.channel, place.message_id, as_of))
            state.contacts_in_period[i] = sum(at > as_of - caps.contact_seconds for _, _, at in taken)
            for c, name in enumerate(caps.channels):
                state.consented[i, c], state.blacklisted[i, c], state.refused[i, c] = self._said(customer_id, name, as_of, as_of, as_of)
                state.channel_contacts[i, c] = sum(k == name and at > as_of - caps.channel_caps[c][1] for k, _, at in taken)
            responses: dict[str, float] = defaultdict(lambda: -np.inf)
            answered = {id(s): _answered_at(s, as_of) for s in sent}
            for s in sent:
                responses[s["message_id"]] = max(responses[s["message_id"]], answered[id(s)])
                if (s.get("converted_at") or as_of) < as_of:
                    bought = max(bought, s["converted_at"])
            for m, name in enumerate(caps.messages):
                state.message_contacts[i, m] = sum(k == name and at > as_of - caps.message_caps[m][1] for _, k, at in taken)
                since = max(responses[name], bought)
                state.unanswered[i, m] = sum(s["message_id"] == name and s["sent_at"] > since and answered[id(s)] < 0 for s in sent)
            state.last_contact_at[i] = max((s["sent_at"] for s in sent), default=np.nan)
            sends = [(s["channel"], s["sent_at"], s["sent_at"]) for s in sent]
            sends += [
                (place.channel, *window(place)) for place, at in self.reserved.values()
                if place.customer_id == customer_id and at < as_of < place.valid_until and self._dispatched(place, as_of) is None
            ]  # fmt: skip
            for c, name in enumerate(caps.channels):
                spacing_from[i, c], spacing_until[i, c] = near(caps, name, sends, as_of)
        return replace(state, spacing_from=spacing_from, spacing_until=spacing_until) if caps.spaced else state

    def _said(self, customer_id: str, channel: str, as_of: int, no_until: float, begins_until: int) -> tuple[int, int, int]:
        """Return consent, blacklist and refusals of one customer over one channel, as a clerk would read them from the rows."""
        closes = [i for i, known in enumerate(self.caps.channels) if known == channel]
        mine = [
            [row for row in rows if row["customer_id"] == customer_id and closes[0] in closed_by(row["channel"] or "", self.caps.channels)]
            for rows in (self.consents, self.suppressions, self.contacts)
        ]
        yes = max((s["changed_at"] for s in mine[0] if s["opted_in"] and s["channel"] == channel and s["changed_at"] < as_of
                   and s["known_at"] <= as_of), default=None)  # fmt: skip
        no = max((s["changed_at"] for s in mine[0] if not s["opted_in"] and min(s["changed_at"], s["known_at"]) <= no_until), default=None)
        consented = UNKNOWN if yes is None and no is None else NO if yes is None or (no is not None and no >= yes) else YES
        ended = [s for s in mine[1] if s["from"] <= begins_until and (s["until"] is None or s["until"] > as_of)]
        bits, soft = OPTED_OUT if consented == NO else 0, 0
        for k in mine[2]:
            for name, bit in (("unsubscribed_at", UNSUBSCRIBED), ("complained_at", COMPLAINED), ("bounced_at", BOUNCED)):
                at = k.get(name)
                if at is None or at > no_until or (yes is not None and yes > max(at, k["sent_at"])):
                    continue
                if bit == BOUNCED and any(_arrived(other, k["channel"], max(at, k["sent_at"]), as_of) for other in mine[2]):
                    continue
                if bit == BOUNCED and k.get("bounce_type") == "soft":
                    soft += 1
                else:
                    bits |= bit
        return consented, YES if ended else NO, bits | (BOUNCED if soft >= 3 else 0)

    def _places(self, wanted: Sequence[Reservation], as_of: Instant) -> Sequence[ReservationResult]:
        """Take each place in turn, at the first time asked for that has room."""
        refuse_odd_places(wanted)
        return [self._take(place, as_of) for place in wanted]

    def commit(
        self,
        wanted: Sequence[Reservation],
        as_of: Instant,
        write: Callable[[Sequence[ReservationResult], Take], Written],
        key: RequestKey | None,
        asked_at: Instant,
    ) -> bytes | None:
        """Write all or nothing; the answer of a key is the first one for a day."""
        if key is not None and (kept := self.answered(key, asked_at)) is not None:
            return kept
        before = dict(self.reserved)
        try:
            rows, answer = write(self._places(wanted, as_of), lambda more: self._places(more, as_of))
        except BaseException:
            self.reserved = before
            raise
        for row in rows:
            self.logged.setdefault(row.decision_id, row)
        if key is not None and answer is not None:
            self.answers[key.key] = (key.body_digest, answer, asked_at)
        return answer

    def answered(self, key: RequestKey, asked_at: Instant) -> bytes | None:
        """Return the answer of the last 24 hours."""
        digest, answer, at = self.answers.get(key.key, ("", None, Instant(0)))
        if answer is None or asked_at >= at + DAY:
            return None
        if digest != key.body_digest:
            raise Conflict("the key was used with another body", fix="send a new key")
        return answer

    def decision(self, decision_id: str) -> LoggedDecision:
        """Return what was logged."""
        if decision_id not in self.logged:
            raise Missing(f"no decision {decision_id!r} is logged", fix="look in the Parquet files of the run")
        return self.logged[decision_id]

    def forget_lapsed(self, before: Instant) -> int:
        """Delete lapsed places, but for those whose contact the budget still counts."""
        gone = [
            name for name, (place, at) in self.reserved.items()
            if place.valid_until < before and (self._dispatched(place) is None or at <= before - self.caps.money_seconds)
        ]  # fmt: skip
        for name in gone:
            del self.reserved[name]
        return len(gone)

    def settle(self, name: str, as_of: Instant, work: Callable[[Take], Mapping[str, ReservationResult]]) -> Mapping[str, ReservationResult]:
        """Do it once."""
        if name not in self.settled:
            self.settled[name] = work(lambda wanted: self._places(wanted, as_of))
        return self.settled[name]

    def used(self, as_of: Instant, until: Instant) -> tuple[list[tuple[int, int, int]], float]:
        """Return each limited contact on its own, and the money."""
        index = self.caps.channel_index
        sent = [
            (index[channel], at, 1)
            for channel, at, _, known in self._counted(as_of)
            if channel in self.caps.limited_channels and as_of - DAY <= at < until and known < as_of
        ]
        spent = sum(cost for _, _, cost, known in self._counted(as_of) if as_of - self.caps.money_seconds < known < as_of)
        return sent, spent if self.caps.money is not None else 0.0

    def _counted(self, as_of: Instant) -> list[tuple[str, int, float, int]]:
        """Return channel, time, cost and since when it is known, of places that count and contacts without one."""
        held = [
            (place.channel, place.send_at, place.cost, at) for place, at in self.reserved.values()
            if place.valid_until > as_of or self._dispatched(place) is not None
        ]  # fmt: skip
        bare = [(c["channel"], c["sent_at"], 0.0, c["known_at"]) for c in self.contacts if c.get("decision_id") not in self.reserved]
        return held + bare

    def _limited(self, place: Reservation, as_of: Instant) -> ReservationResult:
        caps, counted = self.caps, self._counted(as_of)
        c = caps.channel_index[place.channel]
        spent = sum(cost for _, _, cost, known in counted if known > as_of - caps.money_seconds)
        taken = [(k["channel"], k["sent_at"], k["sent_at"]) for k in self.contacts if k["customer_id"] == place.customer_id]
        taken += [
            (other.channel, *window(other)) for other, _ in self.reserved.values()
            if other.customer_id == place.customer_id and other.valid_until > as_of and self._dispatched(other) is None
        ]  # fmt: skip
        times = [at for at in (place.send_at, *place.others) if permits(caps, place, at, taken)]
        for at in times:
            there = [datetime.fromtimestamp(t, ZoneInfo(caps.timezone)) for k, t, _, _ in counted if k == place.channel]
            here = datetime.fromtimestamp(at, ZoneInfo(caps.timezone))
            in_day = sum(t.date() == here.date() for t in there)
            in_hour = sum((t.date(), t.hour, t.fold) == (here.date(), here.hour, here.fold) for t in there)
            if in_day < _or_inf(caps.per_day[c]) and in_hour < _or_inf(caps.per_hour[c]):
                if not 0.0 <= spent + place.cost <= _or_inf(caps.money) or place.cost < 0.0:
                    return ReservationResult("budget", place.send_at)
                return ReservationResult("", at)
        return ReservationResult("capacity" if times else "contact_spacing", place.send_at)

    def record_run(self, manifest: Mapping[str, Any]) -> None:
        """Remember a manifest."""
        self.runs.append(manifest)

    def _take(self, place: Reservation, as_of: Instant) -> ReservationResult:
        held = self.reserved.get(place.decision_id)
        refused_by = "" if held is not None and self._dispatched(held[0]) is not None else self._refused(place, as_of)
        if refused_by:
            return ReservationResult(refused_by, place.send_at)
        if held is not None and (self._dispatched(held[0]) is not None or held[0].valid_until > as_of):
            same = (held[0].channel, held[0].message_id) == (place.channel, place.message_id)
            return ReservationResult("" if same else "capacity", held[0].send_at if same else place.send_at)
        caps = self.caps
        if place.channel not in caps.channels or place.message_id not in caps.messages or place.valid_until <= as_of:
            return ReservationResult("contact_cap", place.send_at)
        taken = [(c["channel"], c["message_id"], c["sent_at"]) for c in self.contacts if c["customer_id"] == place.customer_id]
        for other, _ in self.reserved.values():
            if other.customer_id == place.customer_id and other.valid_until > as_of and self._dispatched(other) is None:
                taken.append((other.channel, other.message_id, as_of))
        cap, seconds = caps.channel_caps[caps.channel_index[place.channel]]
        if sum(at > as_of - caps.contact_seconds for _, _, at in taken) >= caps.contact_cap:
            return ReservationResult("contact_cap", place.send_at)
        if sum(k == place.channel and at > as_of - seconds for k, _, at in taken) >= cap:
            return ReservationResult("channel_cap", place.send_at)
        cap, seconds = caps.message_caps[caps.message_index[place.message_id]]
        if sum(k == place.message_id and at > as_of - seconds for _, k, at in taken) >= cap:
            return ReservationResult("message_cap", place.send_at)
        ruling = self._limited(place, as_of)
        if ruling:
            begin, end = (Instant(at) for at in window(place, ruling.send_at))
            self.reserved[place.decision_id] = (replace(place, send_at=ruling.send_at, not_before=begin, valid_until=end), as_of)
        return ruling

    def _refused(self, place: Reservation, as_of: Instant) -> str:
        """Return the rule that the customer's refusals break, by all that is on record."""
        if place.channel not in self.caps.channels:
            return ""
        latest = max(place.send_at, place.valid_until, *place.others)
        _, listed, bits = self._said(place.customer_id, place.channel, as_of, float("inf"), latest)
        names = ((UNSUBSCRIBED, "unsubscribed"), (COMPLAINED, "complained"), (BOUNCED, "bounced"), (OPTED_OUT, "no_consent"))
        return next((name for bit, name in names if bits & bit), "blacklisted" if listed == YES else "")

    def _dispatched(self, place: Reservation, before: int | None = None) -> int | None:
        """Return when the place became a contact, if it did (before an instant)."""
        at = [max(c["sent_at"], c["known_at"]) for c in self.contacts if c.get("decision_id") == place.decision_id]
        return min((t for t in at if before is None or t < before), default=None)


def _arrived(contact: Mapping[str, Any], channel: str, after: int, as_of: int) -> bool:
    """Say whether a contact sent over a channel after an instant is known to have reached a person."""
    proof = [contact.get("delivered_at"), contact.get("clicked_at"), None if contact.get("machine_open") else contact.get("opened_at")]
    later = (
        contact["channel"] == channel and contact["sent_at"] > after and contact["known_at"] < as_of and contact.get("bounced_at") is None
    )
    return later and any(at is not None and at < as_of for at in proof)


def _or_inf(limit: float | None) -> float:
    return float("inf") if limit is None else limit


def _answered_at(contact: Mapping[str, Any], as_of: int) -> float:
    """Return when a person last responded before ``as_of``, -1 for never; a purchase outweighs later clicks."""
    seen = {name: contact.get(name) for name in ("converted_at", "clicked_at", "opened_at")}
    if contact.get("machine_open"):
        seen["opened_at"] = None
    known = {name: at for name, at in seen.items() if at is not None and at < as_of}
    return known.get("converted_at", max(known.values(), default=-1))
