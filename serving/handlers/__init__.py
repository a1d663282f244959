"""Handlers of requests: predict, decide, commit, explain, replay; calls answered together."""
