"""Sentences for people: languages, numbers, and a number with what it counts."""
