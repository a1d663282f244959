"""Wording for people: languages, numbers, and counts with their nouns."""
