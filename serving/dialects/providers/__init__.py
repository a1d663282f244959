"""Readers of the providers' webhooks, one file each; `serving.dialects.dialect_registry` finds them."""
