"""Scenario exits without success, with reason and recycle time (mission R5).

Exits are rows, like the constraints: the first that holds is the reason. A rule tests for known conditions: an unknown consent is no
opt-out and an unknown count no exit, so that no customer is filed under a guessed reason. A customer who bought since the last send has
left with success, and is on no list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from decisions.policy.policy import Policy
from otokui.domain import DAY, NO, YES
from otokui.frames import BOUNCED, COMPLAINED, OPTED_OUT, UNSUBSCRIBED, Bools, ContactState, Floats, Ints
from otokui.wording.i18n import N_, gettext


@dataclass(frozen=True, slots=True)
class ScenarioMembers:
    """Customers in scenarios, (n, S): the inputs of the exit rules."""

    policy: Policy
    state: ContactState
    as_of: int
    unanswered: Ints  # (n, S) sends without response, -1 = not known
    chosen: Ints  # (n,) the scenario of the contact made now, -1 = none
    reached_by: Bools  # (S, C) the enabled channels of a scenario

    def largest(self, of_message: Floats) -> Floats:
        """Return the maximum over the messages of each scenario, (S,)."""
        exited = np.zeros(len(self.policy.messages.scenarios))
        np.maximum.at(exited, self.policy.messages.scenario, of_message)
        return exited


@dataclass(frozen=True, slots=True)
class ScenarioExit:
    """Scenario exit rule: whether it holds, (n, S), and when the scenario may restart.

    NaN = it does not restart by itself.
    """

    name: str
    holds: Callable[[ScenarioMembers], Bools]
    again_from: Callable[[ScenarioMembers], Floats]
    text: str

    @property
    def text_ja(self) -> str:
        """Return ``text`` in Japanese."""
        return gettext(self.text, "ja")


def _on_every_channel(members: ScenarioMembers, barred: Bools) -> Bools:
    """Return (n, S): whether all channels of the scenario are barred, (n, C).

    A scenario without channels counts as not barred.
    """
    left = (~barred).astype(np.int64) @ members.reached_by.T.astype(np.int64)
    every: Bools = (left == 0) & members.reached_by.any(axis=1)
    return every


def _blacklisted(members: ScenarioMembers) -> Bools:
    return _on_every_channel(members, members.state.blacklisted == YES)


def _opted_out(members: ScenarioMembers) -> Bools:
    return _on_every_channel(members, _refused(members, UNSUBSCRIBED | COMPLAINED | OPTED_OUT))


def _bounced(members: ScenarioMembers) -> Bools:
    return _on_every_channel(members, _refused(members, UNSUBSCRIBED | COMPLAINED | OPTED_OUT | BOUNCED))


def _refused(members: ScenarioMembers, kinds: int) -> Bools:
    """Return the channels known to be closed, (n, C).

    They are closed by these kinds of refusal, by a consent that says no, or by the blacklist.
    """
    state = members.state
    closed: Bools = (state.consented == NO) & members.policy.channels.needs_consent | (state.blacklisted == YES)
    return closed if state.refused is None else closed | ((state.refused > 0) & ((state.refused & kinds) > 0))


def _unanswered(members: ScenarioMembers) -> Bools:
    most = members.largest(members.policy.messages.exit_after.astype(np.float64))
    return members.unanswered >= most


def _capped(members: ScenarioMembers) -> Bools:
    """Every message of the scenario is known to be at its cap."""
    messages, counts = members.policy.messages, members.state.message_contacts
    at_cap = (counts >= 0) & (counts >= messages.cap)
    exited = np.ones((len(counts), len(messages.scenarios)), dtype=bool)
    for message, scenario in enumerate(messages.scenario.tolist()):
        exited[:, scenario] &= at_cap[:, message]
    return exited


def _outranked(members: ScenarioMembers) -> Bools:
    """Another scenario, of higher priority, contacts the customer now."""
    priority = members.largest(members.policy.messages.priority.astype(np.float64))
    speaking = np.append(priority, -np.inf)[members.chosen][:, None]
    return speaking > priority[None, :]


def _never(members: ScenarioMembers) -> Floats:
    return np.full(members.unanswered.shape, np.nan)


def _after(members: ScenarioMembers, days: Floats) -> Floats:
    """Return so many days after the last contact, (n, S)."""
    when: Floats = members.state.last_contact_at[:, None] + members.largest(days)[None, :] * DAY
    return when


def _tomorrow(members: ScenarioMembers) -> Floats:
    return np.full(members.unanswered.shape, float(members.as_of + DAY))


EXITS: tuple[ScenarioExit, ...] = (
    ScenarioExit("blacklisted", _blacklisted, _never, N_("On the list of those not to be contacted")),
    ScenarioExit("opted_out", _opted_out, _never, N_("Opted out of every channel of the scenario")),
    ScenarioExit(
        "bounced",
        _bounced,
        _never,
        N_("Messages came back over every channel of the scenario that is not refused"),
    ),
    ScenarioExit(
        "no_response",
        _unanswered,
        lambda e: _after(e, e.policy.messages.recycle_days),
        N_("No response after several contacts"),
    ),
    ScenarioExit(
        "cap_reached",
        _capped,
        lambda e: _after(e, e.policy.messages.cap_seconds / DAY),
        N_("Every message of the scenario was sent as often as it may be"),
    ),
    ScenarioExit("higher_priority", _outranked, _tomorrow, N_("A scenario of higher priority speaks now")),
)


def scenario_exits(policy: Policy, state: ContactState, as_of: int, chosen: Ints) -> tuple[Ints, Ints, Ints, Floats]:
    """Return the scenario exits of customers: rows, scenarios, exits and restart times.

    Exits are indexes into ``EXITS``; times are epoch seconds, NaN = never. chosen: (n,) the scenario of the contact made now, -1 = none.
    A customer is in a scenario after a send of it, until they buy or respond.
    """
    messages, scenarios = policy.messages, len(policy.messages.scenarios)
    customers = len(state.contacts_in_period)
    unanswered = np.zeros((customers, scenarios), dtype=np.int64)
    known = np.ones((customers, scenarios), dtype=bool)
    reached = np.zeros((scenarios, len(policy.channels.names)), dtype=bool)
    for message, scenario in enumerate(messages.scenario.tolist()):
        unanswered[:, scenario] += np.maximum(state.unanswered[:, message], 0)
        known[:, scenario] &= state.unanswered[:, message] >= 0
    candidates = policy.candidates
    reached[messages.scenario[candidates.message], candidates.channel] = policy.channels.enabled[candidates.channel]
    members = ScenarioMembers(policy, state, as_of, np.where(known, unanswered, -1), chosen, reached)
    inside = (members.unanswered > 0) & (np.arange(scenarios)[None, :] != chosen[:, None])
    which = np.full((customers, scenarios), -1, dtype=np.int64)
    again = np.full((customers, scenarios), np.nan)
    for index, rule in reversed(list(enumerate(EXITS))):
        exited = inside & rule.holds(members)
        which = np.where(exited, index, which)
        again = np.where(exited, rule.again_from(members), again)
    rows, of_scenario = np.nonzero(which >= 0)
    return rows, of_scenario, which[rows, of_scenario], again[rows, of_scenario]
