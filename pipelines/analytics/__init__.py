"""Analytics of the whole base: sales forecast and drivers."""
