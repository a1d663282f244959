"""Decisions kept as files: runs, what they were made from, and logged decisions read back for replay and policy evaluation."""
