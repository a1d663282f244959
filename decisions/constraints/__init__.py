"""Constraints: what may not be sent to whom, as rows of rules that say what they permit."""
