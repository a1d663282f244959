"""Otokui as a Python library: the command line's steps with frames in and out."""
