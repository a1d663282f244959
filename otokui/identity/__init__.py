"""Identity: canonical ids, and stable hashing of them."""
