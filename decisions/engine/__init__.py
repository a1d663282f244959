"""Decision engine: decisions for a batch, reservations, refusals, and earlier decisions made again."""
