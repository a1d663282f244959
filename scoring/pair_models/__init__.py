"""Pair models: of a customer with a product, a message or a contact."""
