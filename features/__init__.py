"""Features: records into summaries, summaries into vectors. Pure: no engine, no clock, no file."""

from features.catalogue import CATALOGUE, feature_names, fingerprint
from features.feature import Feature, feature
from features.summaries.fact import Fact, Merge
from features.summaries.packing import pack, unpack
from features.summaries.summary import SUMMARY, merge, summarise, summary_names
from features.vectors import derive

__all__ = [
    "CATALOGUE",
    "SUMMARY",
    "Fact",
    "Feature",
    "Merge",
    "derive",
    "feature",
    "feature_names",
    "fingerprint",
    "merge",
    "pack",
    "summarise",
    "summary_names",
    "unpack",
]
