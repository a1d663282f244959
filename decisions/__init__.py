"""Decision engine: predictions in, one decision per customer out (mission R1-R11).

A decision says who, which message, when, over which channel, and why. A ``DecisionEngine`` (``engine``) holds the models and the policy
that ``compile_policy`` makes once per configuration. For each ``CustomerBatch`` the engine pairs every message with every channel,
applies the constraints, values the remaining candidates in money, chooses, draws the control groups, finds the hour, and leaves one row
per customer. ``reserve`` takes places in the ledger, handles refusals and selects again.

Everything is numpy over (n customers) x (A candidates), without a clock, a random generator or an engine, so that one customer in the
service and a million in a batch get the same bytes. ``wording`` holds the sentences of decisions, ``allocation`` the search for shadow
prices.
"""
