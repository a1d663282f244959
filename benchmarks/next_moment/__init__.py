"""Benchmark of the next purchase's weekday and hours on real data, beside peers."""
