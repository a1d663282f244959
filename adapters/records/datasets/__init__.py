"""Readers of public data sets, one file each, so that anyone can try the software on something real."""
