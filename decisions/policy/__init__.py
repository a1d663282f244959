"""Policy and its parts: contact rules, send times, control groups, exploration."""
