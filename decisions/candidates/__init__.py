"""Candidates as arrays: messages over channels, whom they are meant for, engagement, priors of uplift, wear-out, what they cost."""
