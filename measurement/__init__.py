"""Measurement of policies from decisions and outcomes: off-policy evaluation, lift (mission M).

Pure numpy over arrays gathered elsewhere; random generators are arguments. Insufficient evidence is a result of its own, with the reason
and what to do, never a number that looks like one.
"""
