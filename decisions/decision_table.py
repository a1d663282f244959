"""Decision table: one decision per customer, as columns, with all that replay needs.

Every value is a code or a number until it is written out (``decisions.explanation.decision_json``, ``columns``): a million decisions are
a few arrays, not a million objects.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from decisions.constraints.constraints import NAMES
from decisions.constraints.refusals import LAPSING, Bits
from decisions.policy.policy import Policy
from decisions.value.expected_value import ValueParts
from otokui.domain import CustomerState, HoldoutGroup, Instant, Status
from otokui.frames import Bools, Floats, Ints, Predictions, Texts

STATUSES = tuple(Status)
GROUPS = tuple(HoldoutGroup)
STATUS_CODE = {status: code for code, status in enumerate(STATUSES)}
GROUP_CODE = {group: code for code, group in enumerate(GROUPS)}

Codes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Decisions for ``n`` customers as of one instant, one array per column.

    Index arrays hold -1 for none. ``considered`` is the candidate of the decision: the one to send (contact), the one withheld (control),
    the best one refused (suppressed) or too low in value (no_contact). Only ``status`` contact is ever to be sent. Times are epoch
    seconds, -1 for none.
    """

    policy: Policy
    predictions: Predictions
    as_of: Instant
    summarised_at: Instant
    customer_ids: Texts
    decision_ids: Texts
    status: Codes  # index into STATUSES
    group: Codes  # index into GROUPS
    considered: Ints  # index into policy.candidates
    send_at: Ints
    not_before: Ints
    not_after: Ints
    valid_until: Ints
    fallbacks: Codes  # (n, C) channel indexes in order of value, then -1
    value: ValueParts  # of the candidate considered, NaN where there is none
    price: Floats  # (n,) shadow price charge in money, 0 = none
    spend: Floats  # (n,) expected budget spend, NaN = none
    other_hours: Ints  # (n, 23) alternative send times, then -1; (n, 0) if hours have no limit
    propensity: Floats  # the policy's probability of this choice
    explored: Bools
    refused: Bits  # bits of decisions.constraints.constraints.BIT
    lapses: Floats  # (n, len(LAPSING)) when a refusal lapses at the latest, NaN = it does not
    reason_codes: npt.NDArray[np.int16]  # (n, R) index into policy.reasons.codes, -1 = none; the first is never none
    reason_numbers: Floats  # (n, R, 2)
    products: tuple[tuple[str, ...], ...] = ()  # (n,) products of the message, best first; () = without product lists

    def __len__(self) -> int:
        return len(self.customer_ids)

    def rows(self, index: Ints) -> Decisions:
        """Return the decisions about some of the customers, in the order of ``index``."""
        cut: dict[str, Any] = {name: values[index] for name, values in self._arrays().items()}
        cut |= {"value": _parts(self.value, lambda _, values: values[index]), "predictions": self.predictions.rows(index)}
        return replace(self, **cut, products=tuple(self.products[row] for row in index.tolist()) if self.products else ())

    def replaced(self, rows: Ints, by: Decisions) -> Decisions:
        """Return the decisions with ``rows`` replaced by those of ``by``, in that order.

        Both are of one instant and policy.
        """

        def put(values: npt.NDArray[Any], others: npt.NDArray[Any]) -> npt.NDArray[Any]:
            out = values.copy()
            out[rows] = others
            return out

        others, products = by._arrays(), list(self.products)
        every: dict[str, Any] = {name: put(values, others[name]) for name, values in self._arrays().items()}
        every["value"] = _parts(self.value, lambda name, values: put(values, getattr(by.value, name)))
        if by.products:
            for row, shown in zip(rows.tolist(), by.products, strict=True):
                products[row] = shown
        return replace(self, **every, products=tuple(products))

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        named = {field.name: getattr(self, field.name) for field in fields(Decisions)}
        return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}

    def is_status(self, status: Status) -> Bools:
        """Return the decisions that have this status, (n,)."""
        chosen: Bools = self.status == STATUS_CODE[status]
        return chosen

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of the decisions file, (n,) each.

        Kinds are text (object, None = null), int64, float64 or bool. Times are epoch seconds as float64 with NaN = null where they may be
        missing.
        """
        contact = self.is_status(Status.CONTACT)
        message, channel, scenario = self._names()
        named: dict[str, npt.NDArray[Any]] = {
            "decision_id": self.decision_ids,
            "customer_id": self.customer_ids,
            "as_of": np.full(len(self), self.as_of, dtype=np.int64),
            "summarised_at": np.full(len(self), self.summarised_at, dtype=np.int64),
            "valid_until": self.valid_until,
            "status": _labels([str(s) for s in STATUSES])[self.status],
            "group": _labels([str(g) for g in GROUPS])[self.group],
            "message_id": _only(contact, message),
            "scenario": _only(contact, scenario),
            "channel": _only(contact, channel),
            "fallbacks": _only(contact, self._fallback_names()),
            "send_at": _instants(self.send_at, contact),
            "not_before": _instants(self.not_before, contact),
            "not_after": _instants(self.not_after, contact),
            "considered_message_id": message,
            "considered_scenario": scenario,
            "considered_channel": channel,
            "considered_send_at": _instants(self.send_at, self.send_at >= 0),
        }
        named |= {part.name: getattr(self.value, part.name) for part in fields(ValueParts)}
        named |= {"price": self.price, "spend": self.spend}
        named |= {"action_probability": self.propensity, "explored": self.explored}
        named["products"] = _labels([json.dumps(p, ensure_ascii=False) if p else None for p in self.products] or [None] * len(self))
        named |= {"suppressions": self._refused_names(), "suppressed_until": self.suppressed_until()}
        codes = _labels([*self.policy.reasons.codes, None])
        for slot in range(self.reason_codes.shape[1]):
            named[f"reason_{slot + 1}"] = codes[self.reason_codes[:, slot]]
            named[f"reason_{slot + 1}_a"] = self.reason_numbers[:, slot, 0]
            named[f"reason_{slot + 1}_b"] = self.reason_numbers[:, slot, 1]
        states = _labels([*map(str, CustomerState), None])
        named["state"] = states[
            np.where((self.predictions.state >= 0) & (self.predictions.state < len(CustomerState)), self.predictions.state, -1)
        ]
        named["known"] = self.predictions.known
        named["policy"] = np.full(len(self), self.policy.digest, dtype=object)
        return named

    def other_times(self, rows: Ints) -> list[tuple[Instant, ...]]:
        """Return the alternative send times of some rows, best first.

        They serve if the chosen hour has no capacity left.
        """
        if not self.other_hours.shape[1]:
            return [()] * len(rows)
        return [tuple(Instant(at) for at in times if at >= 0) for times in self.other_hours[rows].tolist()]

    def suppressed_until(self) -> Floats:
        """Return when the last refusal lapses at the latest, (n,) epoch seconds.

        NaN if one of the refusals does not lapse.
        """
        lapsing = np.uint32(sum(1 << NAMES.index(name) for name in LAPSING))
        held = (self.refused == 0) | ((self.refused & ~lapsing) != 0)
        latest = np.where(np.isfinite(self.lapses), self.lapses, -np.inf).max(axis=1, initial=-np.inf)
        return np.where(held | ~np.isfinite(latest), np.nan, latest)

    def _names(self) -> tuple[Texts, Texts, Texts]:
        """Return message, channel and scenario of the candidate considered, None for none."""
        messages, channels, candidates = self.policy.messages, self.policy.channels, self.policy.candidates
        message = np.append(candidates.message, -1)[self.considered]
        channel = np.append(candidates.channel, -1)[self.considered]
        scenario = np.append(messages.scenario, -1)[message]
        return (
            _labels([*messages.ids, None])[message],
            _labels([*channels.names, None])[channel],
            _labels([*messages.scenarios, None])[scenario],
        )

    def _fallback_names(self) -> Texts:
        names, width = self.policy.channels.names, self.fallbacks.shape[1]
        packed = np.ascontiguousarray(self.fallbacks).tobytes()
        joined: dict[bytes, str | None] = {}
        out: list[str | None] = []
        for begin in range(0, len(packed), width) if width else ():
            key = packed[begin : begin + width]
            if key not in joined:
                joined[key] = ",".join(names[c] for c in np.frombuffer(key, dtype=np.int8) if c >= 0) or None
            out.append(joined[key])
        return _labels(out or [None] * len(self))

    def _refused_names(self) -> Texts:
        distinct, which = np.unique(self.refused, return_inverse=True)
        return _labels([",".join(n for i, n in enumerate(NAMES) if int(bits) >> i & 1) or None for bits in distinct])[which]


def _parts(value: ValueParts, change: Callable[[str, Floats], Floats]) -> ValueParts:
    return ValueParts(**{part.name: change(part.name, getattr(value, part.name)) for part in fields(ValueParts)})


def _labels(values: Sequence[str | None]) -> Texts:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _only(present: Bools, names: Texts) -> Texts:
    out = np.full(len(names), None, dtype=object)
    out[present] = names[present]
    return out


def _instants(at: Ints, present: Bools) -> Floats:
    return np.where(present, at.astype(np.float64), np.nan)
