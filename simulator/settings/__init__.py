"""Settings of a simulated shop: how strong each mechanism is."""
