"""What is short shared over the whole base: the search for prices, by shards (mission R8).

Places are taken where contacts are reserved (`pipelines.decision_run.reservations`).
"""
