"""The engine: one batch of customers decided on, reservations asked for, refusals heard, and earlier decisions made again."""
