"""What is live: models, policy and stores of the shop, swapped while calls run; its ports."""
