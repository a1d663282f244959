"""Decision engine: decisions for a batch, reservations, new decisions after refusals, and replay."""
