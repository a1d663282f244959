"""Every policy on the same simulated shops with the same chance, beside the best possible."""
