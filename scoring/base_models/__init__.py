"""Base models beside the boosters: BTYD, purchase times and calibration."""
