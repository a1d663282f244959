"""From predictions to one decision per customer: who, what, when, where, and why (mission R1-R11).

Whoever decides holds a ``DecisionEngine`` (``engine``): models, and the policy that ``compile_policy`` makes once per
configuration. For each ``CustomerBatch`` it pairs every message with every channel, asks the constraints what is permitted, puts a
value in money on what remains, chooses, draws the control groups, finds the hour, and leaves one row per customer. ``reserve`` is the
loop that takes places, hears refusals and selects again.

Everything is numpy over (n customers) x (A candidates), without a clock, a generator or an engine, so that
one customer in the service and a million in a batch get the same bytes. In ``words`` stands how decisions are said, in
``allocation`` how what is short is shared over the whole base.
"""
