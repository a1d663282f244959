"""Handlers of one customer: disclosure and erasure."""
