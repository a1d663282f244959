"""Product candidates for the customers of a shop, and the evidence for each."""
