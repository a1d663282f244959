"""Live models, policy and stores of the shop, replaced while calls run; their ports."""
