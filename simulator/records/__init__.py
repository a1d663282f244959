"""Records of the simulated shop: the journal, its flaws, and how like real shops it is."""
