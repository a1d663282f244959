"""BTYD, purchase times and calibration: what predictions rest on beside the boosters."""
