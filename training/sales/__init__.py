"""The sales forecast of the base: customers summed, newcomers beside them, the last period; with an interval from back-tests."""
