"""Small files of a shop's folder: policies, settings over time, summaries, shards."""
