"""Otokui as a Python library: what `otokui.api` hands out; the command line's steps, with frames in and frames out."""
