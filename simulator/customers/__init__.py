"""Simulated customers: who they are, what has become of them, how they browse, buy again and leave."""
