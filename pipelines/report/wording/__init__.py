"""Wording of reports and lists: columns, drivers, metrics, numbers, in English and Japanese."""
