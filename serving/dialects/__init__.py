"""Dialects of webhooks: typed events and feedback from payloads of a provider.

The shop needs no mapping.
"""
