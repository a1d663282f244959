"""The policy and its parts: rules of contact, send times, control groups, exploration."""
