"""Array types of batches; a value that is not known is NaN, -1 or UNKNOWN."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Tri = npt.NDArray[np.int8]
"""YES, NO or UNKNOWN per cell (otokui.domain)."""
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]


def texts(values: Sequence[str]) -> Texts:
    """Return strings as the object array that batches carry."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out
