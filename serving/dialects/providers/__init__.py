"""Readers of the providers' webhooks, one file each; `serving.dialects.registry` finds them."""
