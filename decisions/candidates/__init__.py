"""Candidates (message x channel) as arrays, with eligibility, engagement, uplift priors and wear-out."""
