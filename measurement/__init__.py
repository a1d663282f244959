"""Decisions and outcomes in, what they were worth out: off-policy evaluation, lift against control (mission M).

Pure numpy over arrays that somebody else has gathered; chance is an argument. What cannot be told from the data
is an answer of its own, with the reason and what to do, never a number that looks like one.
"""
