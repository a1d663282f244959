"""Simulated shop with hidden truth, of which others know only its records (mission M7)."""
