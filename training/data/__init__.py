"""Training data: purchase history, labels, datasets and splits in time."""
