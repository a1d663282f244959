"""Handlers of decision jobs: what a request means, and how a job is told."""
