"""Summaries, purchase tables and product lists, made and materialised."""
