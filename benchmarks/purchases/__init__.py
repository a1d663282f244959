"""Predictions of purchases beside the methods of the field, on real data: same rows, same origin, one program."""
