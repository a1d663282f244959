"""Shared types and words of all rooms. Imports no other room and no engine."""

__version__ = "0.1.0"
