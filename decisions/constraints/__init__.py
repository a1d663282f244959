"""Constraints on contacts, as rows of rules that state what they permit."""
