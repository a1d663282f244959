"""Handlers of the catalogue: live models, messages and channels in the language of the caller."""
