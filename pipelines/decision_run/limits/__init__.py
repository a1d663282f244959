"""Limits of a decision run: shadow prices of the whole base, reservations under caps, budget and capacity, and their lapse."""
