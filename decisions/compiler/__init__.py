"""From settings and evidence to a policy, and the policy's record."""
