"""Models in the report: their cards, and what training kept for them."""
