"""Reservations in a transaction: frequency caps, spacing, limits, and what is given."""
