"""Records of the simulated shop: journal, flaws, and likeness to real shops."""
