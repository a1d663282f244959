"""Off-policy evaluation: what a policy that never ran would have earned, and whether the log can tell."""
