"""Decision engine: decisions for a batch, reservations, and new decisions after refusals."""
