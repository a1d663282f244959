"""Disclosure and erasure of one customer's data."""
