"""HTTP service: requests in, the nightly run's predictions and decisions, JSON out.

Only this room reads a clock; every room below takes the instant as an argument.
"""
