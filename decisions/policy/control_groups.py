"""Control and comparison groups, by hash of the customer, so that uplift can be measured.

A control group is never contacted. The random group gets any contact that is permitted and worth it, each with the same chance; the
usual group gets the message that the shop sent to everybody before. What they earn beside the control group is the worth of contacts at
all, of choosing, and of choosing beyond the custom.

Keyed BLAKE2b (RFC 7693) of the customer id gives a number in [0, 1); below the share is the control group. Order, time and the number of
customers play no part, and a larger share only adds to the group. The key is ``salt`` for the global group and ``salt/scenario`` for a
scenario's, so that the groups are independent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from otokui.frames import Bools, Floats, Ints, Texts

_KEY_BYTES = 64  # the longest key BLAKE2b takes


@dataclass(frozen=True, slots=True)
class Holdout:
    """Holdout shares: of all customers, and of each scenario, with the salt.

    random_share, usual_share: of customers outside the global control group; usual: the message of the usual group, '' = none.
    """

    salt: str
    share: float
    scenario_share: float
    random_share: float = 0.0
    usual_share: float = 0.0
    usual: str = ""

    @property
    def decided_share(self) -> float:
        """Share of customers decided for by value, outside all other groups.

        Those are the global control, the random and the usual group.
        """
        return (1.0 - self.share) * (1.0 - self.random_share) * (1.0 - self.usual_share)

    @property
    def chance(self) -> float:
        """Chance that a customer with an acceptable contact is in a control group.

        Both groups count: the global one and the scenario's.
        """
        return 1.0 - (1.0 - self.share) * (1.0 - self.scenario_share)


def scenario_key(salt: str, scenario: str) -> str:
    """Return the hash key of a scenario's control group.

    A key too long for BLAKE2b is hashed first, not cut.
    """
    key = f"{salt}/{scenario}"
    return key if len(key.encode()) <= _KEY_BYTES else hashlib.blake2b(key.encode(), digest_size=32).hexdigest()


def hash_draws(customer_ids: Iterable[str], key: str) -> Floats:
    """Return ``otokui.identity.hashing.unit_interval(customer, key)`` of each customer, shape (n,)."""
    keyed = hashlib.blake2b(digest_size=8, key=key.encode()[:_KEY_BYTES])
    digests = []
    for customer_id in customer_ids:
        hashed = keyed.copy()  # half the time of keying anew
        hashed.update(customer_id.encode())
        digests.append(hashed.digest())
    draws = np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64) >> np.uint64(11)
    return draws.astype(np.float64) / float(1 << 53)


def in_control(customer_ids: Texts, salt: str, share: float) -> Bools:
    """Return the members of the global control group, (n,)."""
    if share <= 0.0:
        return np.zeros(len(customer_ids), dtype=bool)
    return hash_draws(customer_ids, salt) < share


@dataclass(frozen=True, slots=True)
class ComparisonGroups:
    """Members of the random and the usual group, (n,) each.

    Nobody is in both.
    """

    random: Bools
    usual: Bools

    @classmethod
    def draw(cls, customer_ids: Texts, holdout: Holdout) -> ComparisonGroups:
        """Draw the groups; a customer of the global control group is in neither."""
        if holdout.random_share <= 0.0 and holdout.usual_share <= 0.0:  # nobody is hashed for groups that are off
            nobody = np.zeros(len(customer_ids), dtype=bool)
            return cls(nobody, nobody)
        control = in_control(customer_ids, holdout.salt, holdout.share)
        random = in_control(customer_ids, scenario_key(holdout.salt, "\x1frandom"), holdout.random_share) & ~control
        usual = in_control(customer_ids, scenario_key(holdout.salt, "\x1fusual"), holdout.usual_share) & ~control & ~random
        return cls(random, usual)

    def rows(self, index: Ints) -> ComparisonGroups:
        """Return the groups of some of the customers."""
        return ComparisonGroups(self.random[index], self.usual[index])


def in_scenario_control(customer_ids: Texts, scenario: Ints, scenarios: tuple[str, ...], salt: str, share: float) -> Bools:
    """Return the members of the control group of the scenario chosen, (n,).

    scenario: (n,) index into ``scenarios``; -1 = none chosen, and then the customer is not a member.
    """
    out = np.zeros(len(customer_ids), dtype=bool)
    if share <= 0.0:
        return out
    for index in np.unique(scenario[scenario >= 0]):
        rows = np.flatnonzero(scenario == index)
        out[rows] = hash_draws(customer_ids[rows], scenario_key(salt, scenarios[index])) < share
    return out
