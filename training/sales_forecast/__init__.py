"""Sales forecast of the base: known customers, new customers, the last period; intervals from back-tests."""
