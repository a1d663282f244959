"""The HTTP service: requests in, the same prediction and decision pipeline as the nightly run, JSON out.

Only this room reads a clock; every room below takes the instant as an argument.
"""
