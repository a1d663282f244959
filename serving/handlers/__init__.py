"""Handlers of requests: predictions, decisions, commit, explanation, replay and micro-batching."""
