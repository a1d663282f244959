"""Settings of a shop: one typed file, and the sections it is made of."""
