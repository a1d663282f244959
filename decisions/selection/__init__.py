"""Selection of a candidate: choice, channel fallback, outcome, id, demand, policy probabilities."""
