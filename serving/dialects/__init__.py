"""Dialects of webhooks: payloads of a provider become typed events and feedback, with no mapping by the shop."""
