"""Ports of the core to the outside: one small protocol per role."""
