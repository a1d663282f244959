"""On which weekday and at which hours the next purchase comes, beside the methods one would try first, on real data."""
