"""Measurement of what contacts earned, from decisions and orders on record."""
