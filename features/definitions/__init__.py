"""Definitions of the features, one file for each kind; each is a function of summary columns and the instant."""
