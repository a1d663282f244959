"""Models of a customer and something else: a product, a message, a contact over a channel."""
