"""Decisions kept as files: runs, their inputs, and replay from the log."""
