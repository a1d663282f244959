"""Decisions of one call or many: decide, reserve, log, explain, replay."""
