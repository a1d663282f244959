"""Benchmark of purchase predictions on real data, beside the methods of the field.

Same rows, same origin, one program.
"""
