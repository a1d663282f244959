"""Limits of a decision run: shadow prices, reservations and their lapse."""
