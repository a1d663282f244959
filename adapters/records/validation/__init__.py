"""Validation of records: types, times, rules of the contract, personal data."""
