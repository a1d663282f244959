"""Selection: the choice of a candidate, its channel fallback, outcome and id, demand, and policy probabilities."""
