"""Products for the customers of a shop: which come into question, and what speaks for each of them."""
