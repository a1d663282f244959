"""Off-policy evaluation: the value of a policy that never ran, with overlap checks."""
