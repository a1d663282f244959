"""Feature definitions, one file for each kind.

Each is a function of summary columns and the instant.
"""
