"""Webhooks out: messages of changes, signed, retried and given up."""
