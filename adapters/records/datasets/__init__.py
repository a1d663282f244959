"""Readers of public data sets, one file each, to try the software on real records."""
