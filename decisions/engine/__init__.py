"""The engine: one batch of customers decided on, reservations asked for, and refusals heard."""
