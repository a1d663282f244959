"""Chance as a function: every draw is a hash of seed, mechanism, day and customer.

With a sequential generator one contact more would shift every later draw, and a world with contacts could not be
compared with its twin without. Here two worlds that differ by one contact differ by what that contact caused and by
nothing else (common random numbers: Glasserman and Yao, Management Science 1992; counter-based generators: Salmon et
al., SC 2011; the mixing function is splitmix64, Steele et al., OOPSLA 2014).
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulator.sends import Floats, Ints

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_TO_UNIT: Final = 2.0**-53
_WORD: Final = 2**64


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return splitmix64's finaliser of every word; the argument is overwritten."""
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        x ^= x >> np.uint64(shift)
        x *= factor
    x ^= x >> np.uint64(31)
    return x


class Chance:
    """The draws of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys: dict[str, int] = {}

    def uniform(self, mechanism: str, who: Any, day: int = 0, part: Any = 0) -> Floats:
        """Return draws in (0, 1), of the shape of ``who`` and ``part`` together.

        mechanism: what the draw is for; another name gives independent draws. who: whole numbers, customers or whatever
        the draws belong to. day, part: which of that customer's draws.
        """
        x = np.asarray(who).astype(np.uint64)
        x *= _GOLDEN
        x ^= np.uint64((self._key(mechanism) + day * int(_GOLDEN)) % _WORD)
        x = _mixed(x)
        if isinstance(part, np.ndarray) or part:
            x = x + np.asarray(part).astype(np.uint64) * _SECOND
        x = _mixed(np.atleast_1d(x))
        x >>= np.uint64(11)
        drawn = x.astype(np.float64)
        drawn += 0.5
        drawn *= _TO_UNIT
        return drawn

    def below(self, mechanism: str, who: Any, limit: int | Ints, day: int = 0, part: Any = 0) -> Ints:
        """Return whole draws from 0 up to and without ``limit``."""
        return (self.uniform(mechanism, who, day, part) * limit).astype(np.int64)

    def normal(self, mechanism: str, who: Any, day: int = 0, part: Any = 0) -> Floats:
        """Return standard normal draws."""
        drawn: Floats = ndtri(self.uniform(mechanism, who, day, part))
        return drawn

    def choice(self, mechanism: str, who: Any, weights: Any, day: int = 0, part: Any = 0) -> Ints:
        """Return indices drawn with these weights (any sum)."""
        steps = np.cumsum(np.asarray(weights, dtype=np.float64))
        position = np.searchsorted(steps, self.uniform(mechanism, who, day, part) * steps[-1], side="right")
        return np.asarray(np.minimum(position, len(steps) - 1), dtype=np.int64)

    def _key(self, mechanism: str) -> int:
        if mechanism not in self._keys:
            digest = hashlib.blake2b(f"{self._seed}:{mechanism}".encode(), digest_size=8).digest()
            self._keys[mechanism] = int.from_bytes(digest, "little")
        return self._keys[mechanism]
