"""Analyses of records: customer base, drivers, churn signals, responses to contacts.

One analysis a file, pure: a function over record frames or arrays and an instant, counted strictly before it. It opens no store and writes
no file; a pipeline reads, calls it, and writes what it says.
"""
