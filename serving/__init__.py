"""The door: HTTP in, the same road as everywhere, JSON out. Reads a clock, so that nothing below has to."""
