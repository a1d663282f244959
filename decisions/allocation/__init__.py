"""Allocation of budget and channel capacity: the search for shadow prices, by shards (mission R8).

Places are taken where contacts are reserved (`pipelines.decision_run.limits.reservations`).
"""
