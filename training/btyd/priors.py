"""Priors of the base model for shops with little data, each with its source.

A shop's own purchases outweigh them within weeks. Spread over the files that use them, they would be constants nobody can name the
origin of, and a shop of five customers could not be told what its forecasts rest on.
"""

from __future__ import annotations

from typing import Final

GAP_DAYS: Final = 127.0
"""Days between purchases of the mean customer who still buys: 0.0551 purchases a week among the first-time buyers of CDNOW, BG/NBD
with r = 0.243 and alpha = 4.414 weeks (Fader, Hardie and Lee, Marketing Science 24, 2005, table 2). That model's chance to leave after a
purchase, 0.25, is near the 0.28 that an even mixture of `training.btyd.mbg_nbd.DROPOUT` comes to, from which the fit of the rhythm
starts.
"""
GAPS: Final = 1.0
"""It counts as much as one repeat purchase of the shop's own: one shop's figure says little of another's."""
