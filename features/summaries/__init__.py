"""Facts of customers: records into one summary row each, how two rows merge, and their form as bytes."""
