"""Mechanisms of a simulated day: visits, purchases, contracts, contacts and the response to them."""
